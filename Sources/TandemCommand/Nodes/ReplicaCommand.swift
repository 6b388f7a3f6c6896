import ArgumentParser
import Tandem

/// `tandem replica`: one node that follows a primary and serves reads.
struct ReplicaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replica", abstract: "Run a replica.",
        discussion: """
            It joins the primary's group at its first start, and follows it from then on.

            Every option is also an environment variable, TANDEM_ and its name: TANDEM_COMMIT_TIMEOUT for \
            --commit-timeout. Times have a unit: 500ms, 10s, 2min, 1h; a bare number means seconds.
            """)

    @Option(help: "Where the primary listens: HOST:PORT.")
    var primary: String?

    @OptionGroup var options: NodeOptions

    func run() async throws {
        let settings = try await options.settings(adding: primary.map { ["primary": $0] } ?? [:])
        let address = try settings.primary()
        try await NodeRunner.run(
            settings.configuration(role: .replica(of: address)), logLevel: settings.logLevel(),
            endsWithInput: options.endWithInput)
    }
}
