import Foundation
import Glibc
import NIOConcurrencyHelpers

/// A MariaDB server of the tests' own: its data folder, which outlives it, and its process.
public final class MariaDBServer: Sendable {
    /// What it is called in messages: `primary`.
    public let name: String
    public let port: Int
    private let number: Int
    private let folder: String
    private let process = NIOLockedValueBox<ServerProcess?>(nil)

    /// The user whose rights the server has where the tests run as root, which MariaDB refuses.
    static var user: String? { geteuid() == 0 ? "mysql" : nil }

    init(name: String, number: Int, folder: String) throws {
        self.name = name
        self.number = number
        self.folder = folder
        port = try FreePort.next()
    }

    // MARK: Asking

    /// `mariadb://tandem:tandem@127.0.0.1:3306/tandem`: a database, and a user who may do everything there and nothing
    /// elsewhere, so that `read_only` holds for it.
    public var url: String { "mariadb://tandem:tandem@\(address)/tandem" }

    /// `127.0.0.1:3306`
    public var address: String { "127.0.0.1:\(port)" }

    /// Runs statements, separated by semicolons, as the administrator over a connection of their own, and gives the
    /// rows of the last as text.
    @discardableResult
    public func query(_ sql: String, database: String? = "tandem") async throws -> [[String?]] {
        try await MariaDBProbe.query(
            sql, at: .init(port: port, user: "administrator", password: "administrator", database: database))
    }

    /// The first value that a statement gives.
    public func value(_ sql: String) async throws -> String? { try await query(sql).first?.first ?? nil }

    /// The end of its log.
    public var log: String { ServerProcess.end(of: logPath) }

    public var isRunning: Bool { process.withLockedValue { $0?.isRunning ?? false } }

    // MARK: Life

    /// Makes its data folder, with the users that tests need. They are not replicated: each server has them.
    func install(settings: [(String, String)]) async throws {
        try options(settings).write(toFile: optionsPath, atomically: false, encoding: .utf8)
        try Self.users.write(toFile: usersPath, atomically: false, encoding: .utf8)
        for path in [optionsPath, usersPath] { chmod(path, 0o644) }
        // A server removes what it finds of other servers' temporary tables, so each has a folder for its own.
        try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
        chmod(temporary, 0o777)
        try await ServerProcess.run(
            "mariadb-install-db",
            [
                "--no-defaults", "--datadir=\(data)", "--tmpdir=\(temporary)",
                "--auth-root-authentication-method=normal", "--skip-test-db",
                "--skip-log-bin",
            ], log: "\(folder)/\(name)-install.log", user: Self.user)
    }

    /// Starts it, and returns when it answers.
    public func start(timeout: Duration = .seconds(90)) async throws {
        let server = try ServerProcess(
            Self.program, ["--defaults-file=\(optionsPath)"], log: logPath, user: Self.user, deathSignal: "KILL")
        process.withLockedValue { $0 = server }
        let hasEnded = { try self.check(server) }
        try await waitUntil("an answer of MariaDB's \(name)", timeout: timeout, giveUp: hasEnded) {
            try await query("SELECT 1", database: nil).count == 1
        }
    }

    /// Ends its connections and itself.
    public func stop() async throws { try await end(SIGTERM) }

    /// kill -9.
    public func kill() async throws { try await end(SIGKILL) }

    public func restart() async throws {
        try await stop()
        try await start()
    }

    /// Stops it in its tracks, as a machine that hangs, until ``thaw()``. Its open connections go on.
    public func freeze() async throws {
        guard let server = process.withLockedValue({ $0 }) else { return }
        server.signal(SIGSTOP)
        try await waitUntil("all threads of MariaDB's \(name) stopped") { try server.isFrozen }
    }

    public func thaw() { process.withLockedValue { $0 }?.signal(SIGCONT) }

    private func end(_ signal: Int32) async throws {
        guard let server = process.withLockedValue({ $0 }) else { return }
        // One that was frozen wakes up for its end, but not to be killed.
        if signal != SIGKILL { server.signal(SIGCONT) }
        try await server.stop(signal)
        process.withLockedValue { $0 = nil }
    }

    private func check(_ server: ServerProcess) throws {
        guard !server.isRunning else { return }
        throw TestServerError("MariaDB's \(name) ended with \(server.exitStatus ?? 0)", log: server.log)
    }
}

extension MariaDBServer {
    private var data: String { "\(folder)/\(name)" }
    private var temporary: String { "\(folder)/\(name)-temporary" }
    private var optionsPath: String { "\(folder)/\(name).cnf" }
    private var usersPath: String { "\(folder)/users.sql" }
    private var logPath: String { "\(folder)/\(name).log" }

    /// Debian keeps the server where only root's PATH leads.
    private static var program: String {
        FileManager.default.isExecutableFile(atPath: "/usr/sbin/mariadbd") ? "/usr/sbin/mariadbd" : "mariadbd"
    }

    /// Run at each start of a server, so that each statement must do no harm when it is repeated.
    private static let users = """
        SET sql_log_bin = 0;
        CREATE USER IF NOT EXISTS administrator@'127.0.0.1' IDENTIFIED BY 'administrator';
        GRANT ALL ON *.* TO administrator@'127.0.0.1' WITH GRANT OPTION;
        CREATE USER IF NOT EXISTS tandem@'127.0.0.1' IDENTIFIED BY 'tandem';
        GRANT ALL ON tandem.* TO tandem@'127.0.0.1';
        GRANT REPLICA MONITOR ON *.* TO tandem@'127.0.0.1';
        CREATE DATABASE IF NOT EXISTS tandem CHARACTER SET utf8mb4;
        SET sql_log_bin = 1;
        """

    /// Small and quick, and durable enough for a server that is killed while its machine lives.
    private func options(_ settings: [(String, String)]) -> String {
        let own = [
            ("datadir", data), ("tmpdir", temporary), ("socket", "\(data)/socket"), ("pid-file", "\(data)/pid"),
            ("port", "\(port)"),
            ("bind-address", "127.0.0.1"), ("server_id", "\(number)"), ("skip-name-resolve", "1"),
            ("init-file", usersPath), ("log_bin", "bin"), ("relay_log", "relay"), ("log_slave_updates", "ON"),
            ("binlog_format", "ROW"), ("gtid_strict_mode", "ON"),
            ("innodb_buffer_pool_size", "32M"), ("innodb_log_file_size", "32M"),
            ("innodb_flush_log_at_trx_commit", "2"), ("innodb_lock_wait_timeout", "5"), ("slave_net_timeout", "10"),
            ("max_connections", "300"), ("performance_schema", "OFF"), ("character-set-server", "utf8mb4"),
        ]
        return "[mariadbd]\n" + (own + settings).map { "\($0) = \($1)\n" }.joined()
    }
}
