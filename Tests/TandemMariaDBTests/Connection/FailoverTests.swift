import TandemMariaDB
import TandemTestServers
import TandemTransactions
import Testing

/// Each on a pair of its own, of which servers are broken.
@Suite(.serialized) struct FailoverTests {
    private func source(_ pair: MariaDBPair) throws -> MariaDBDataSource {
        try MariaDBDataSource("mariadb://tandem:tandem@\(pair.primary.address),\(pair.replica.address)/tandem")
    }

    @Test func primaryIsFoundAgainAfterAFailover() async throws {
        let pair = try await MariaDBPair.start()
        let source = try source(pair)
        #expect(source.name == "\(pair.primary.address),\(pair.replica.address)")
        let before = try await source.connect(to: .primary, deadline: Bed.soon)
        #expect(before.server == pair.primary.address)
        let reader = try await source.connect(to: .replica, deadline: Bed.soon)
        #expect(reader.server == pair.replica.address)
        try await before.run("CREATE TABLE failover (i INT)")
        try await pair.waitUntilLevel()
        try await pair.primary.kill()
        let lost = try await failure { try await before.run("INSERT INTO failover VALUES (1)") }
        #expect(lost.code == .connectionLost && lost.isConnectionFailure && !before.isUsable)
        let none = try await failure { _ = try await source.connect(to: .primary, deadline: Bed.soon) }
        #expect(none.code == .noServer)
        #expect(none.message.contains("\(pair.replica.address) is a replica"), "\(none)")
        try await pair.promoteReplica()
        let after = try await source.connect(to: .primary, deadline: Bed.soon)
        #expect(after.server == pair.replica.address)
        try await after.run("INSERT INTO failover VALUES (2)")
        // The old connection to what was a replica writes as well, and is not for readers any more once that is known.
        try await reader.run("INSERT INTO failover VALUES (3)")
        #expect(try await reader.status(deadline: Bed.soon).role == .primary)
        #expect(!reader.isUsable)
        for connection in [before, reader, after] { await connection.close() }
        await pair.stop()
    }

    @Test func lostAnswerToCommitIsOutcomeUnknown() async throws {
        let pair = try await MariaDBPair.start()
        let connection = try await source(pair).connect(to: .primary, deadline: Bed.soon)
        try await connection.run("CREATE TABLE unknown_outcome (i INT)")
        // COMMIT waits for the acknowledgement of a replica that does not come, and is written by then.
        try await pair.replica.stop()
        try await pair.primary.query(
            "SET GLOBAL rpl_semi_sync_master_timeout = 3600000; SET GLOBAL rpl_semi_sync_master_enabled = 1")
        try await connection.begin()
        try await connection.run("INSERT INTO unknown_outcome VALUES (1)")
        let commit = Task { try await connection.commit() }
        let database = Database(primary: try source(pair))
        let alone = Task { _ = try await database.execute("INSERT INTO unknown_outcome VALUES (2)") }
        try await eventually {
            try await pair.primary.value(
                """
                SELECT SUM(STATE LIKE '%semi-sync%') > 0 AND SUM(COMMAND = 'Execute') = 1
                FROM information_schema.PROCESSLIST WHERE USER = 'tandem'
                """) == "1"
        }
        commit.cancel()
        try await pair.primary.kill()
        let lost = try await failure { try await alone.value }
        #expect(lost.code == .outcomeUnknown && lost.sqlState == "08007" && !lost.isRetriable, "\(lost)")
        await database.shutdown(grace: .zero)
        let error = try await failure { _ = try await commit.value }
        #expect(error.code == .outcomeUnknown && error.sqlState == "08007" && !error.isRetriable, "\(error)")
        #expect(!connection.isUsable)
        await connection.close()
        await pair.stop()
    }

    @Test func serverThatHangsEndsInAnError() async throws {
        let pair = try await MariaDBPair.start()
        var options = MariaDBOptions()
        options.commitTimeout = .milliseconds(200)
        let url = pair.primary.url
        let connection = try await MariaDBDataSource(url, options: options).connect(to: nil, deadline: Bed.soon)
        let other = try await MariaDBDataSource(url).connect(to: nil, deadline: Bed.soon)
        let prepared = try await MariaDBDataSource(url).connect(to: nil, deadline: Bed.soon)
        try await prepared.run("SELECT 1")
        let idle = try await MariaDBDataSource(url).connect(to: nil, deadline: Bed.soon)
        try await connection.begin()
        try await pair.primary.freeze()
        let commit = try await failure { _ = try await connection.commit() }
        #expect(commit.code == .outcomeUnknown && !connection.isUsable, "\(commit)")
        let statement = try await failure {
            _ = try await other.execute("SELECT 1", deadline: .now + .milliseconds(500))
        }
        #expect(statement.code == .timeout && !other.isUsable, "\(statement)")
        // It was still to be prepared; of one that was sent nobody knows whether it was done.
        #expect(statement.sqlState == DatabaseError.statementEnded)
        let sent = try await failure {
            _ = try await prepared.execute("SELECT 1", deadline: .now + .milliseconds(500))
        }
        #expect(sent.code == .timeout && sent.sqlState == "08006" && !prepared.isUsable, "\(sent)")
        #expect(await !idle.validate(deadline: .now + .milliseconds(500)))
        #expect(!idle.isUsable)
        let connect = try await failure {
            _ = try await MariaDBDataSource(url).connect(to: nil, deadline: .now + .milliseconds(500))
        }
        #expect(connect.code == .connectionLost, "\(connect)")
        pair.primary.thaw()
        await pair.stop()
    }

    @Test func primaryThatTakesNoWritesAnyMoreIsLeft() async throws {
        let pair = try await MariaDBPair.start()
        let connection = try await source(pair).connect(to: .primary, deadline: Bed.soon)
        try await connection.run("CREATE TABLE demoted (i INT)")
        try await connection.begin()
        try await connection.run("INSERT INTO demoted VALUES (1)")
        try await connection.rollback()
        let reader = try await source(pair).connect(to: .primary, deadline: Bed.soon)
        #expect(await reader.validate(deadline: Bed.soon))
        try await pair.primary.query("SET GLOBAL read_only = 1")
        // Who only reads is never refused: it is found out when the connection is asked whether it is alive.
        #expect(await !reader.validate(deadline: Bed.soon))
        #expect(!reader.isUsable)
        await reader.close()
        try await connection.begin()
        let refused = try await failure { try await connection.run("INSERT INTO demoted VALUES (1)") }
        #expect(refused.code == .readOnlyTransaction && refused.sqlState == "25006")
        #expect(!connection.isUsable)
        // It can still be brought to its end.
        try await connection.rollback()
        let none = try await failure { _ = try await source(pair).connect(to: .primary, deadline: Bed.soon) }
        #expect(none.code == .noServer)
        await connection.close()
        await pair.stop()
    }

    @Test func aSilentHostDoesNotKeepThePrimaryFromBeingFound() async throws {
        let connection = try await Bed.connection()
        let silent = try SilentPort()
        let source = try MariaDBDataSource(
            "mariadb://tandem:tandem@127.0.0.1:\(silent.port),\(connection.server)/tandem")
        let began = ContinuousClock.now
        let found = try await source.connect(to: .primary, deadline: began + .seconds(600))
        #expect(found.server == connection.server)
        #expect(began.duration(to: .now) < .seconds(300), "it has not had half of the time")
        for connection in [connection, found] { await connection.close() }
    }

    @Test func killedConnectionIsToldAsLost() async throws {
        let pair = try await MariaDBPair.start()
        let connection = try await source(pair).connect(to: .primary, deadline: Bed.soon)
        let number = Int(sqlValue: try await connection.value("SELECT CONNECTION_ID()") ?? .null) ?? 0
        try await connection.begin()
        try await pair.primary.query("KILL \(number)")
        let error = try await failure { try await connection.run("SELECT 1") }
        #expect(error.code == .connectionLost && !connection.isUsable, "\(error)")
        await connection.close()
        await pair.stop()
    }
}
