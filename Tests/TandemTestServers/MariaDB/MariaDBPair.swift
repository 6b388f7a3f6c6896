/// A MariaDB primary and its replica, by GTID, on free ports of loopback in a temporary folder.
///
/// A commit does not wait for the replica. The replica has `read_only` set, which holds for the tests' user and not for
/// the administrator. Everything ends with the test process, however that ends.
public final class MariaDBPair: Sendable {
    /// The server that began as the primary.
    public let primary: MariaDBServer
    /// The server that began as the replica.
    public let replica: MariaDBServer
    private let folder: TemporaryFolder

    private init(folder: TemporaryFolder) throws {
        self.folder = folder
        primary = try MariaDBServer(name: "primary", number: 1, folder: folder.path)
        replica = try MariaDBServer(name: "replica", number: 2, folder: folder.path)
    }

    // MARK: Life

    /// Makes a pair, and returns when the replica shows what the primary has.
    ///
    /// - Parameter settings: of both servers, as in `my.cnf`, after those that tests of this size need.
    public static func start(settings: [(String, String)] = []) async throws -> MariaDBPair {
        let pair = try MariaDBPair(folder: try TemporaryFolder(owner: MariaDBServer.user))
        do {
            try await pair.primary.install(settings: settings)
            try await pair.primary.start()
            try await pair.replica.install(settings: settings + [("read_only", "1")])
            try await pair.replica.start()
            try await pair.follow()
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

    private func follow() async throws {
        try await replica.query(
            """
            CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = \(primary.port), MASTER_USER = 'administrator',
                MASTER_PASSWORD = 'administrator', MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1;
            START SLAVE
            """)
    }
}

extension MariaDBPair {
    // MARK: Replication

    /// Lets commits of the primary wait until the replica has them (semi-synchronous replication, `AFTER_SYNC`), for an hour
    /// if need be. The replica waits for nobody once it is promoted.
    public func waitForAcknowledgements() async throws {
        try await replica.query("STOP SLAVE; SET GLOBAL rpl_semi_sync_slave_enabled = 1; START SLAVE")
        try await primary.query(
            """
            SET GLOBAL rpl_semi_sync_master_timeout = 3600000; SET GLOBAL rpl_semi_sync_master_wait_point = AFTER_SYNC;
            SET GLOBAL rpl_semi_sync_master_enabled = 1
            """)
        try await waitUntil("semi-synchronous replication") {
            try await primary.query("SHOW STATUS LIKE 'Rpl_semi_sync_master_clients'").first?.last == "1"
        }
    }

    /// Makes the replica a primary until its next start, and returns when it takes writes. The old primary is left as it
    /// is: stop it first, or there are two.
    public func promoteReplica() async throws {
        try await replica.query("STOP SLAVE IO_THREAD")
        // What it has acknowledged is in its relay log, which is thrown away with what is not applied of it. The status names
        // the position that was received behind the kind of positions that are used.
        let status = try await replica.query("SHOW SLAVE STATUS").first ?? []
        let place = status.firstIndex(of: "Slave_Pos").map { $0 + 1 }
        let received = place.flatMap { status.indices.contains($0) ? status[$0] : nil } ?? ""
        try await waitUntil("all applied that was received, up to \(received)") {
            try await replica.value("SELECT MASTER_GTID_WAIT('\(received)', 0)") == "0"
        }
        try await replica.query("STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0")
    }

    /// Waits until the replica shows everything that the primary has committed.
    public func waitUntilLevel(timeout: Duration = .seconds(60)) async throws {
        let position = try await primary.value("SELECT @@gtid_binlog_pos") ?? ""
        try await waitUntil("the replica level with the primary at \(position)", timeout: timeout) {
            try await replica.value("SELECT MASTER_GTID_WAIT('\(position)', 0)") == "0"
        }
    }

    /// Keeps the replica from showing anything new, though it receives it, until ``resumeReplay()``.
    public func pauseReplay() async throws { try await replica.query("STOP SLAVE SQL_THREAD") }

    public func resumeReplay() async throws { try await replica.query("START SLAVE SQL_THREAD") }

    /// Lets the replica follow through another port, that of a proxy.
    public func follow(through port: Int) async throws {
        try await replica.query("STOP SLAVE; CHANGE MASTER TO MASTER_PORT = \(port); START SLAVE")
    }

    /// Lets the replica show each commit so long after it happened, in whole seconds; zero ends that.
    public func delayReplay(by delay: Duration) async throws {
        let seconds = delay.components.seconds
        try await replica.query("STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = \(seconds); START SLAVE")
    }
}
