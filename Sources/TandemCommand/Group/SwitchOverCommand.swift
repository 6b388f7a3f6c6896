import ArgumentParser
import Tandem

/// `tandem switch-over`: a replica takes over from a primary that lives.
struct SwitchOverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "switch-over", abstract: "Let a replica take over from the primary, as planned.",
        discussion: """
            Writes wait until the replica has everything, for 5 seconds at most; then it reigns, and the old primary \
            follows it. Transactions that wait meanwhile fail with 25006 and can be run again on the new primary. If it \
            does not work out, writes go on where they were.
            """)

    @Option(help: "The replica that takes over: HOST:PORT, as 'tandem status' shows it.")
    var to: String

    @Option(help: "The primary, or any other node of the group, as postgresql://HOST:PORT or HOST:PORT.")
    var url = "postgresql://127.0.0.1:7432"

    @OptionGroup var login: LoginOptions

    func run() async throws {
        let login = try login.login()
        guard let target = NodeURL.parse(to) else { throw ValidationError("--to: '\(to)' is not HOST:PORT") }
        let primary = try await NodeOperation.primary(of: url, login)
        guard primary != target else { return print("\(target) is the primary already.") }
        // Its primary may not know it: only the node that a cascade follows does.
        if let upstream = await NodeReport(asking: target, login)["cascade_of"] {
            NodeRunner.fail(
                "\(target) is a cascade of \(upstream), no member of the group, and cannot take over: hand over to a member. To make a member of it, start it with 'tandem replica --primary \(primary)'"
            )
        }
        try await NodeOperation.run("ALTER SYSTEM SWITCH OVER TO '\(target)'", on: primary, login)
        try await NodeOperation.awaitPrimary(at: target, login)
    }
}
