import Foundation
import Glibc
import NIOConcurrencyHelpers

/// A PostgreSQL server of the tests' own: its data folder, which outlives it, and its process.
public final class PostgresServer: Sendable {
    /// What it is called in messages: `primary`.
    public let name: String
    public let port: Int
    let data: String
    let logPath: String
    private let process = NIOLockedValueBox<ServerProcess?>(nil)

    init(name: String, folder: String) throws {
        self.name = name
        port = try FreePort.next()
        data = "\(folder)/\(name)"
        logPath = "\(folder)/\(name).log"
    }

    // MARK: Asking

    /// `postgresql://tandem:tandem@127.0.0.1:5432/tandem`: the database and the user that own what tests make there.
    public var url: String { "postgresql://tandem:tandem@\(address)/tandem" }

    /// `127.0.0.1:5432`
    public var address: String { "127.0.0.1:\(port)" }

    /// Runs one statement as the superuser over a connection of its own, and gives its rows as text.
    @discardableResult
    public func query(_ sql: String, database: String = "tandem") async throws -> [[String?]] {
        try await PostgresProbe.query(
            sql, connection: "host=127.0.0.1 port=\(port) user=postgres dbname=\(database) connect_timeout=10")
    }

    /// The first value that a statement gives.
    public func value(_ sql: String) async throws -> String? { try await query(sql).first?.first ?? nil }

    /// The end of its log.
    public var log: String { ServerProcess.end(of: logPath) }

    public var isRunning: Bool { process.withLockedValue { $0?.isRunning ?? false } }

    // MARK: Life

    /// Starts it, and returns when it answers.
    public func start(timeout: Duration = .seconds(90)) async throws {
        let deadline = ContinuousClock.now + timeout
        while true {
            let server = try ServerProcess(
                try PostgresInstallation.program("postgres"), ["-D", data], log: logPath,
                user: PostgresInstallation.user)
            process.withLockedValue { $0 = server }
            do {
                let hasEnded = { try self.check(server) }
                return try await waitUntil(
                    "an answer of PostgreSQL's \(name)", timeout: deadline - .now, giveUp: hasEnded
                ) {
                    try await query("SELECT 1", database: "postgres").count == 1
                }
            } catch {
                // After kill -9 its backends may be alive for a moment, and it does not start beside them.
                guard !server.isRunning, server.log.contains("is still in use"), .now < deadline else { throw error }
            }
        }
    }

    /// Ends its connections and itself, with a checkpoint (`fast`).
    public func stop() async throws { try await end(SIGINT) }

    /// kill -9.
    public func kill() async throws { try await end(SIGKILL) }

    public func restart() async throws {
        try await stop()
        try await start()
    }

    /// Stops it in its tracks, as a machine that hangs, until ``thaw()``. Its open connections go on.
    public func freeze() { process.withLockedValue { $0 }?.signal(SIGSTOP) }

    public func thaw() { process.withLockedValue { $0 }?.signal(SIGCONT) }

    /// The same with its open connections, until ``thawWithConnections()``.
    public func freezeWithConnections() { process.withLockedValue { $0 }?.signalFamily(SIGSTOP) }

    public func thawWithConnections() { process.withLockedValue { $0 }?.signalFamily(SIGCONT) }

    private func end(_ signal: Int32) async throws {
        guard let server = process.withLockedValue({ $0 }) else { return }
        server.signalFamily(SIGCONT)
        try await server.stop(signal)
        process.withLockedValue { $0 = nil }
    }

    private func check(_ server: ServerProcess) throws {
        guard !server.isRunning else { return }
        throw TestServerError("PostgreSQL's \(name) ended with \(server.exitStatus ?? 0)", log: server.log)
    }

    func append(settings: [(String, String)], toFile file: String = "postgresql.conf") throws {
        let text = settings.map { "\($0) = '\($1.replacing("'", with: "''"))'\n" }.joined()
        try append(text: text, toFile: file)
    }

    func append(text: String, toFile file: String) throws {
        guard let handle = FileHandle(forWritingAtPath: "\(data)/\(file)") else {
            throw TestServerError("cannot open \(data)/\(file)")
        }
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
    }
}
