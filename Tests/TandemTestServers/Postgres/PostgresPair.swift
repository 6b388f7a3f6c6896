/// A PostgreSQL primary and its hot standby, streaming, on free ports of loopback in a temporary folder.
///
/// A commit does not wait for the standby; give `synchronous_standby_names` (`standby` is its name) for one that does.
/// Everything ends with the test process, however that ends.
public final class PostgresPair: Sendable {
    /// The server that began as the primary.
    public let primary: PostgresServer
    /// The server that began as the standby.
    public let replica: PostgresServer
    private let folder: TemporaryFolder

    private static let settings: [(String, String)] = [
        ("listen_addresses", "127.0.0.1"), ("unix_socket_directories", ""), ("logging_collector", "off"),
        ("log_line_prefix", "%m [%p] "), ("hot_standby", "on"), ("max_connections", "200"),
        ("shared_buffers", "16MB"), ("max_wal_size", "256MB"), ("wal_keep_size", "64MB"), ("max_wal_senders", "4"),
        ("jit", "off"), ("wal_retrieve_retry_interval", "100ms"), ("max_worker_processes", "2"),
        ("max_prepared_transactions", "0"),
    ]

    private init(folder: TemporaryFolder, primary: PostgresServer, replica: PostgresServer) {
        self.folder = folder
        self.primary = primary
        self.replica = replica
    }

    // MARK: Life

    /// Makes a pair, and returns when the standby shows what the primary has.
    ///
    /// - Parameter settings: of both servers, in `postgresql.conf`, before those that tests of this size need.
    public static func start(settings: [(String, String)] = []) async throws -> PostgresPair {
        let folder = try TemporaryFolder(owner: PostgresInstallation.user)
        let pair = PostgresPair(
            folder: folder, primary: try PostgresServer(name: "primary", folder: folder.path),
            replica: try PostgresServer(name: "replica", folder: folder.path))
        do {
            try await pair.makePrimary(settings)
            try await pair.makeReplica()
            try await pair.waitUntilLevel()
        } catch {
            await pair.stop()
            throw TestServerError("\(error)", log: pair.logs)
        }
        return pair
    }

    /// Stops both and removes their data.
    public func stop() async {
        try? await replica.stop()
        try? await primary.stop()
        folder.remove()
    }

    /// The ends of both logs, to be shown where a test fails.
    public var logs: String { "primary:\n\(primary.log)\nreplica:\n\(replica.log)" }

    private func makePrimary(_ settings: [(String, String)]) async throws {
        try await tool(
            "initdb", "-D", primary.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        try primary.append(settings: Self.settings + settings)
        try primary.append(settings: [("port", "\(primary.port)")])
        // The superuser is let in as it is; the tests' own user shows its password.
        try FilePrefix.insert(
            "host all tandem 127.0.0.1/32 scram-sha-256\nhost replication postgres 127.0.0.1/32 trust\n",
            into: "\(primary.data)/pg_hba.conf")
        try await primary.start()
        for statement in [
            "CREATE ROLE tandem LOGIN PASSWORD 'tandem'", "CREATE DATABASE tandem OWNER tandem",
        ] {
            try await primary.query(statement, database: "postgres")
        }
    }

    private func makeReplica() async throws {
        try await tool(
            "pg_basebackup", "-h", "127.0.0.1", "-p", "\(primary.port)", "-U", "postgres", "-D", replica.data, "-R",
            "-X", "stream", "-c", "fast", "--no-sync")
        try replica.append(
            settings: [("primary_conninfo", Self.source(port: primary.port))], toFile: "postgresql.auto.conf")
        try replica.append(settings: [("port", "\(replica.port)")])
        try await replica.start()
    }

    private static func source(port: Int) -> String {
        "host=127.0.0.1 port=\(port) user=postgres application_name=standby"
    }

    private func tool(_ name: String, _ arguments: String...) async throws {
        try await ServerProcess.run(
            try PostgresInstallation.program(name), arguments, log: "\(folder.path)/\(name).log",
            user: PostgresInstallation.user)
    }
}

extension PostgresPair {
    // MARK: Replication

    /// Makes the standby a primary, and returns when it takes writes. The old primary is left as it is: stop it first,
    /// or there are two.
    public func promoteReplica() async throws {
        try await replica.query("SELECT pg_promote(true, 60)")
        try await waitUntil("the end of the standby's recovery") {
            try await replica.value("SELECT pg_is_in_recovery()") == "f"
        }
    }

    /// Waits until the standby shows everything that the primary has committed.
    public func waitUntilLevel(timeout: Duration = .seconds(60)) async throws {
        // What is inserted but not flushed belongs to no commit that was waited for, and may not come for long.
        let position = try await primary.value("SELECT pg_current_wal_flush_lsn()") ?? "0/0"
        try await waitUntil("the standby level with the primary at \(position)", timeout: timeout) {
            try await replica.value("SELECT pg_last_wal_replay_lsn() >= '\(position)'::pg_lsn") == "t"
        }
    }

    /// Keeps the standby from showing anything new, though it receives it, until ``resumeReplay()``.
    public func pauseReplay() async throws {
        try await replica.query("SELECT pg_wal_replay_pause()")
        // It is asked for at once, but takes hold between two records, for which a record must come.
        try await waitUntil("the standby's replay paused") {
            try await primary.query("SELECT pg_logical_emit_message(true, 'tandem', '')")
            return try await replica.value("SELECT pg_get_wal_replay_pause_state()") == "paused"
        }
    }

    public func resumeReplay() async throws { try await replica.query("SELECT pg_wal_replay_resume()") }

    /// Lets the standby stream from another port, that of a proxy, and returns when it does.
    public func stream(through port: Int) async throws {
        try await replica.query("ALTER SYSTEM SET primary_conninfo = '\(Self.source(port: port))'")
        try await replica.query("SELECT pg_reload_conf()")
        try await waitUntil("the standby streaming through port \(port)") {
            try await replica.value("SELECT sender_port FROM pg_stat_wal_receiver WHERE status = 'streaming'")
                == "\(port)"
        }
    }

    /// Lets the standby show each commit so long after it happened; zero ends that.
    public func delayReplay(by delay: Duration) async throws {
        let (seconds, attoseconds) = delay.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        try await replica.query("ALTER SYSTEM SET recovery_min_apply_delay = \(milliseconds)")
        try await replica.query("SELECT pg_reload_conf()")
        try await waitUntil("the standby's delay of \(milliseconds) ms") {
            try await replica.value(
                "SELECT setting::int = \(milliseconds) FROM pg_settings WHERE name = 'recovery_min_apply_delay'") == "t"
        }
    }
}
