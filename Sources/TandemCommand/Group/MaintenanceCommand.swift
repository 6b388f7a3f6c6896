import ArgumentParser
import Tandem

/// `tandem maintenance`: a primary that serves reads only.
struct MaintenanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "maintenance", abstract: "Let a group serve reads only, for a while.",
        discussion: """
            Transactions that have written already may end; all other writes are refused with 25006. The primary \
            remembers it over restarts; a node that takes over from it takes writes.
            """)

    enum Mode: String, ExpressibleByArgument, CaseIterable {
        case on, off
    }

    @Argument(help: "on or off.")
    var mode: Mode

    @Option(help: "The primary, or any other node of the group, as postgresql://HOST:PORT or HOST:PORT.")
    var url = "postgresql://127.0.0.1:7432"

    @OptionGroup var login: LoginOptions

    func run() async throws {
        let login = try login.login()
        let primary = try await NodeOperation.primary(of: url, login)
        try await NodeOperation.run("ALTER SYSTEM MAINTENANCE \(mode.rawValue.uppercased())", on: primary, login)
        print(mode == .on ? "\(primary) serves reads only." : "\(primary) takes writes again.")
    }
}
