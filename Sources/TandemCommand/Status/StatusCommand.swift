import ArgumentParser
import Foundation
import Tandem

/// `tandem status`: what every node of a group says of itself.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the state of a node and of the others of its group.",
        discussion: """
            Asks the node at --url, and then the members it names. The exit code is 1 if a node cannot be reached or \
            is not ready (or delayed, where that was chosen).
            """)

    @Option(help: "A node, as postgresql://HOST:PORT or HOST:PORT.")
    var url = "postgresql://127.0.0.1:7432"

    @Flag(help: "One JSON object, for programs.")
    var json = false

    @OptionGroup var login: LoginOptions

    func run() async throws {
        guard let address = NodeURL.parse(url) else {
            throw ValidationError("--url: '\(url)' is not postgresql://HOST:PORT")
        }
        let login = try login.login()
        let reports: [NodeReport]
        do {
            reports = try await GroupReport.collect(from: address, login)
        } catch {
            NodeRunner.fail("no node answers at \(address): \(error)")
        }
        print(json ? try GroupReport.json(reports) : GroupReport.text(reports))
        if reports.contains(where: { !["ready", "delayed"].contains($0["state"]) }) { throw ExitCode.failure }
    }
}

/// A node's address as people write it.
enum NodeURL {
    static func parse(_ text: String) -> HostAndPort? {
        var rest = Substring(text)
        for scheme in ["postgresql://", "postgres://"] where rest.hasPrefix(scheme) { rest.removeFirst(scheme.count) }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        return HostAndPort(rest.prefix { $0 != "/" && $0 != "?" })
    }
}
