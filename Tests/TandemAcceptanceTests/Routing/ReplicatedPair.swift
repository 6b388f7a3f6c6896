import TandemMariaDB
import TandemPostgres
import TandemTestServers
import TandemTransactions

/// A primary and a replica that can be killed and started again.
protocol KillablePair: Sendable {
    func dataSources() throws -> (primary: any DataSource, replica: any DataSource)

    func killReplica() async throws
    func startReplica() async throws
    func stop() async
}

/// A primary and its replica, whatever servers they are, and what may happen to the replica.
protocol ReplicatedPair: KillablePair {
    /// Waits until the replica shows everything that the primary has committed.
    func waitUntilLevel() async throws

    /// Keeps the replica from showing anything new, though it receives it.
    func pauseReplay() async throws
    func resumeReplay() async throws
}

/// A pair of servers that are processes of their own, and know functions.
protocol ServerPair: ReplicatedPair {
    /// Stops the replica with all that it runs, as a machine that hangs.
    func freezeReplica() async throws
    func thawReplica()

    /// Makes a function `add_note(id)` that writes a row into `note` and gives its id.
    func createWritingFunction() async throws
}

extension PostgresPair: ServerPair {
    func dataSources() throws -> (primary: any DataSource, replica: any DataSource) {
        (try PostgresDataSource(primary.url), try PostgresDataSource(replica.url))
    }

    func waitUntilLevel() async throws { try await waitUntilLevel(timeout: .seconds(60)) }
    func killReplica() async throws { try await replica.kill() }
    func startReplica() async throws { try await replica.start() }

    func freezeReplica() async throws { replica.freezeWithConnections() }
    func thawReplica() { replica.thawWithConnections() }

    func createWritingFunction() async throws {
        try await primary.query(
            """
            CREATE FUNCTION add_note(id INTEGER) RETURNS INTEGER LANGUAGE sql
            AS 'INSERT INTO note VALUES (id, ''by a function'') RETURNING note.id'
            """, database: "tandem")
    }
}

extension MariaDBPair: ServerPair {
    func dataSources() throws -> (primary: any DataSource, replica: any DataSource) {
        (try MariaDBDataSource(primary.url), try MariaDBDataSource(replica.url))
    }

    func waitUntilLevel() async throws { try await waitUntilLevel(timeout: .seconds(60)) }
    func killReplica() async throws { try await replica.kill() }
    func startReplica() async throws { try await replica.start() }

    func freezeReplica() async throws { try await replica.freeze() }
    func thawReplica() { replica.thaw() }

    func createWritingFunction() async throws {
        try await primary.query(
            """
            CREATE FUNCTION add_note(number INTEGER) RETURNS INTEGER MODIFIES SQL DATA DETERMINISTIC
            BEGIN INSERT INTO note VALUES (number, 'by a function'); RETURN number; END
            """)
    }
}

extension TandemPair: KillablePair {
    func dataSources() throws -> (primary: any DataSource, replica: any DataSource) {
        (try PostgresDataSource(primary.url), try PostgresDataSource(replica.url))
    }

    func killReplica() async throws { try await replica.kill() }
    func startReplica() async throws { try await replica.start() }
}
