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

    func run() async throws {
        guard let address = NodeURL.parse(url) else {
            throw ValidationError("--url: '\(url)' is not postgresql://HOST:PORT")
        }
        guard let target = NodeURL.parse(to) else { throw ValidationError("--to: '\(to)' is not HOST:PORT") }
        let reports: [NodeReport]
        do {
            reports = try await GroupReport.collect(from: address)
        } catch {
            NodeRunner.fail("no node answers at \(address): \(error)")
        }
        guard let primary = reports.first(where: { $0["role"] == "primary" }) else {
            NodeRunner.fail("no primary is known at \(address); if it is gone, use 'tandem promote'")
        }
        guard primary.address != target else { return print("\(target) is the primary already.") }
        try await NodeOperation.run("ALTER SYSTEM SWITCH OVER TO '\(target)'", on: primary.address)
        try await NodeOperation.awaitPrimary(at: target)
    }
}
