import ArgumentParser
import Tandem

/// `tandem replica`: one node that follows a primary and serves reads.
struct ReplicaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replica", abstract: "Run a replica.",
        discussion: "It joins the primary's group at its first start, and follows it from then on.")

    @Option(help: "Where the primary listens: HOST:PORT.")
    var primary: String?

    @OptionGroup var options: NodeOptions

    func run() async throws {
        let settings = try await options.settings(adding: primary.map { ["primary": $0] } ?? [:])
        guard let text = settings.text("primary") else {
            throw ValidationError("which primary is to be followed? Say --primary HOST:PORT.")
        }
        guard let address = HostAndPort(text) else { throw ValidationError("primary: '\(text)' is not HOST:PORT") }
        try await NodeRunner.run(
            settings.configuration(role: .replica(of: address)), logLevel: settings.logLevel(),
            endsWithInput: options.endWithInput)
    }
}
