import ArgumentParser
import Tandem
import TandemReplication

/// `tandem log prune`: removes what a running node need not keep of its log.
struct PruneLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove the oldest segments of a running node's log.",
        discussion: """
            Without --below the node looks after its own rules at once (--log-keep-size, --log-keep-age, --log-limit), \
            which it does by itself every few seconds. Whole segments are removed. What the node's own database needs \
            after a power cut, and what a snapshot needs that is being sent, always stays.
            """)

    @Option(help: "Remove records below this index, as far as whole segments hold no others.")
    var below: UInt64?

    @Flag(help: "Remove them although a member lacks them, which then has to take a snapshot.")
    var leaveMembersBehind = false

    @Option(help: "The node, as postgresql://HOST:PORT or HOST:PORT.")
    var url = "postgresql://127.0.0.1:7432"

    @OptionGroup var login: LoginOptions

    func run() async throws {
        let login = try login.login()
        guard let address = NodeURL.parse(url) else {
            throw ValidationError("--url: '\(url)' is not postgresql://HOST:PORT")
        }
        let before = await NodeReport(asking: address, login)
        if let failure = before.failure { NodeRunner.fail("no node answers at \(address): \(failure)") }
        let place = below.map { " BELOW '\($0)'" } ?? ""
        let end = leaveMembersBehind ? " LEAVE MEMBERS BEHIND" : ""
        try await NodeOperation.run("ALTER SYSTEM PRUNE LOG\(place)\(end)", on: address, login)
        print(words(before, await NodeReport(asking: address, login)))
    }

    private func words(_ before: NodeReport, _ after: NodeReport) -> String {
        func number(_ report: NodeReport, _ name: String) -> UInt64 { report[name].flatMap { UInt64($0) } ?? 0 }
        let (old, new) = (number(before, "log_first_index"), number(after, "log_first_index"))
        let (oldSize, newSize) = (number(before, "log_bytes"), number(after, "log_bytes"))
        let what =
            old > 0 && new > old
            ? "removed records \(old) to \(new - 1), \(ByteCount.words(oldSize - min(oldSize, newSize)))"
            : "nothing was removed"
        return
            "\(what); the log begins with record \(new) and takes \(ByteCount.words(newSize)). What follows is kept for: \(after["log_kept_for"] ?? "-")"
    }
}
