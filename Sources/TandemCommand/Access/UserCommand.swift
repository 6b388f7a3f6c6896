import ArgumentParser
import Foundation
import NIOPosix
import PostgresWire
import Tandem

/// `tandem user`: who may log in, and what for.
struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Add, list and remove users.",
        discussion: """
            Users belong to the group: they are changed on the primary and are the same on all nodes. As long as there \
            is none, everybody is let in on loopback. The roles: read, write (and read), administrate (everything, \
            users included), replicate (what nodes do among themselves).

            The first user is made either over loopback while the node runs, or by --data while it is stopped.
            """,
        subcommands: [UserAddCommand.self, UserListCommand.self, UserRemoveCommand.self, UserPasswordCommand.self])
}

/// Where users are changed: on the primary that runs.
struct UserTarget: ParsableArguments {
    @Option(help: "The primary, as postgresql://HOST:PORT or HOST:PORT.")
    var url = "postgresql://127.0.0.1:7432"

    @OptionGroup var login: LoginOptions

    /// Runs a statement and gives its result; ends the program with the node's reason where it refuses.
    func run(_ statement: String) async throws -> QueryResult? {
        guard let address = NodeURL.parse(url) else {
            throw ValidationError("--url: '\(url)' is not postgresql://HOST:PORT")
        }
        let login = try login.login()
        do throws(PostgresError) {
            let connection = try await PostgresClientConnection.connect(
                login.options(to: address), on: MultiThreadedEventLoopGroup.singleton.next())
            defer { connection.close() }
            return try await connection.query(statement).first
        } catch {
            NodeRunner.fail("\(address): \(error.message)" + (error.hint.map { "\n  \($0)" } ?? ""))
        }
    }

    static func name(_ text: String) -> String { "\"" + text.replacing("\"", with: "\"\"") + "\"" }

    /// The password as a verifier: it does not leave this process.
    static func secret(_ password: String) -> String { "'\(ScramVerifier(password: password).text)'" }
}
