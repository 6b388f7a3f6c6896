import Foundation
import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

/// Each with a pair of its own, whose servers it breaks.
@Suite(.serialized) struct FailoverTests {
    private func source(_ pair: PostgresPair) throws -> PostgresDataSource {
        try PostgresDataSource("postgresql://tandem:tandem@\(pair.primary.address),\(pair.replica.address)/tandem")
    }

    @Test func primaryIsFoundAgainAfterAPromotion() async throws {
        let pair = try await PostgresPair.start()
        let source = try source(pair)
        let first = try await source.connect(to: .primary, deadline: Bed.soon)
        #expect(first.server == pair.primary.address)
        let reader = try await source.connect(to: .replica, deadline: Bed.soon)
        #expect(reader.server == pair.replica.address)
        try await first.run("CREATE TABLE t (i int)")
        try await pair.waitUntilLevel()

        try await pair.primary.kill()
        let lost = try await failure { try await first.run("INSERT INTO t VALUES (1)") }
        #expect(lost.code == .connectionLost)
        #expect(!first.isUsable)
        let none = try await failure { _ = try await source.connect(to: .primary, deadline: Bed.soon) }
        #expect(none.code == .noServer)
        #expect(none.message.contains("\(pair.replica.address) is a replica"), "\(none)")
        #expect(none.message.contains(pair.primary.address), "\(none)")

        try await pair.promoteReplica()
        let second = try await source.connect(to: .primary, deadline: Bed.soon)
        #expect(second.server == pair.replica.address)
        try await second.run("INSERT INTO t VALUES (2)")
        // The connection to what was a standby still works, and its pool is to let it go.
        #expect(try await reader.value("SELECT count(*) FROM t") == .integer(1))
        #expect(!reader.isUsable)
        for connection in [first, reader, second] { await connection.close() }
        await pair.stop()
    }

    @Test func lostAnswerToCommitIsAnUnknownOutcome() async throws {
        // COMMIT waits for a standby that does not exist, and is written by then.
        let pair = try await PostgresPair.start()
        let connection = try await source(pair).connect(to: .primary, deadline: Bed.soon)
        try await connection.run("CREATE TABLE t (i int)")
        try await waitForNobody(pair)
        try await commitWithoutAnAnswerIsGivenUp(pair)
        try await connection.begin()
        try await connection.run("INSERT INTO t VALUES (1)")
        let commit = Task { try await connection.commit() }
        let database = Database(primary: try source(pair))
        let alone = Task { _ = try await database.execute("INSERT INTO t VALUES (2)") }
        try await waitUntilCommitsWait(3, pair)
        commit.cancel()
        try await pair.primary.kill()
        let lost = try await failure { try await alone.value }
        #expect(lost.code == .outcomeUnknown && lost.sqlState == "08007", "\(lost)")
        await database.shutdown(grace: .zero)
        let error = try await failure { _ = try await commit.value }
        #expect(error.code == .outcomeUnknown)
        #expect(!error.isRetriable)
        #expect(!connection.isUsable)
        await pair.stop()
    }

    /// To cancel it would be to commit without the standby.
    private func commitWithoutAnAnswerIsGivenUp(_ pair: PostgresPair) async throws {
        var options = PostgresOptions()
        options.commitTimeout = .milliseconds(200)
        let connection = try await PostgresDataSource(pair.primary.url, options: options)
            .connect(to: .primary, deadline: Bed.soon)
        try await connection.begin()
        try await connection.run("INSERT INTO t VALUES (3)")
        let error = try await failure { _ = try await connection.commit() }
        #expect(error.code == .outcomeUnknown && !connection.isUsable, "\(error)")
        try await waitUntilCommitsWait(1, pair)
    }

    private func waitForNobody(_ pair: PostgresPair) async throws {
        try await pair.primary.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        try await pair.primary.query("SELECT pg_reload_conf()")
        try await eventually { try await pair.primary.value("SHOW synchronous_standby_names") == "nobody" }
    }

    private func waitUntilCommitsWait(_ count: Int, _ pair: PostgresPair) async throws {
        try await eventually {
            try await pair.primary.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                == "\(count)"
        }
    }

    /// It was told as done: PostgreSQL ends the wait for its standby and warns of it.
    @Test func aStatementWhoseWaitForAStandbyWasCancelledIsAnUnknownOutcome() async throws {
        let pair = try await PostgresPair.start()
        let connection = try await source(pair).connect(to: .primary, deadline: Bed.soon)
        try await connection.run("CREATE TABLE t (i int)")
        try await waitForNobody(pair)
        let late = try await failure {
            _ = try await connection.execute("INSERT INTO t VALUES (1)", deadline: .now + .seconds(2))
        }
        #expect(late.code == .outcomeUnknown && late.sqlState == "40003" && connection.isUsable, "\(late)")
        let cancelled = Task { try await connection.execute("INSERT INTO t VALUES (2)", deadline: nil) }
        try await waitUntilCommitsWait(1, pair)
        cancelled.cancel()
        let error = try await failure { _ = try await cancelled.value }
        #expect(error.code == .outcomeUnknown && connection.isUsable, "\(error)")
        let streamed = try await failure {
            let cursor = try await connection.openCursor(
                "INSERT INTO t VALUES (3) RETURNING i", deadline: .now + .seconds(2))
            while try await cursor.next(10) != nil {}
        }
        #expect(streamed.code == .outcomeUnknown && connection.isUsable, "\(streamed)")
        // What only reads waits for nobody, and they are there.
        #expect(try await connection.value("SELECT count(*) FROM t") == .integer(3))
        await connection.close()
        await pair.stop()
    }

    @Test func anAdministratorWhoCancelsTheWaitOfACommitLeavesItInDoubt() async throws {
        let pair = try await PostgresPair.start()
        let connection = try await source(pair).connect(to: .primary, deadline: Bed.soon)
        try await connection.run("CREATE TABLE t (i int)")
        try await waitForNobody(pair)
        try await connection.begin()
        try await connection.run("INSERT INTO t VALUES (1)")
        let commit = Task { try await connection.commit() }
        try await waitUntilCommitsWait(1, pair)
        try await pair.primary.query(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        let error = try await failure { _ = try await commit.value }
        #expect(error.code == .outcomeUnknown && connection.isUsable, "\(error)")
        await connection.close()
        await pair.stop()
    }

    @Test func transactionOnAServerThatDiedBeforeCommitIsNotInDoubt() async throws {
        let pair = try await PostgresPair.start()
        let connection = try await source(pair).connect(to: .primary, deadline: Bed.soon)
        try await connection.begin()
        try await connection.run("CREATE TABLE t (i int)")
        try await pair.primary.stop()
        let error = try await failure { _ = try await connection.commit() }
        #expect(error.code == .serverUnavailable || error.code == .connectionLost, "\(error)")
        #expect(!connection.isUsable)
        await pair.stop()
    }

    @Test func statementOnAServerThatDiedBeforeIsNotInDoubt() async throws {
        let pair = try await PostgresPair.start()
        let connection = try await source(pair).connect(to: .primary, deadline: Bed.soon)
        try await connection.run("CREATE TABLE t (i int)")
        try await pair.primary.stop()
        let error = try await failure { try await connection.run("INSERT INTO t VALUES (1)") }
        #expect(error.code == .connectionLost && error.sqlState == DatabaseError.notSent, "\(error)")
        #expect(!connection.isUsable)
        await pair.stop()
    }

    @Test func frozenServerIsGivenUpAfterTheDeadline() async throws {
        let pair = try await PostgresPair.start()
        let connection = try await source(pair).connect(to: .primary, deadline: Bed.soon)
        let process = try #require(
            try await connection.value("SELECT pg_backend_pid()").flatMap { Int32(sqlValue: $0) })
        pair.primary.freeze()
        kill(process, SIGSTOP)
        let error = try await failure {
            _ = try await connection.execute("SELECT 1", deadline: .now + .seconds(1))
        }
        #expect(error.code == .timeout && error.sqlState == "08006", "nobody knows whether it was done")
        #expect(!connection.isUsable)
        kill(process, SIGCONT)
        pair.primary.thaw()
        await pair.stop()
    }

    @Test func aSilentHostDoesNotKeepThePrimaryFromBeingFound() async throws {
        let pair = try await Bed.pair
        let silent = try SilentPort()
        let source = try PostgresDataSource(
            "postgresql://tandem:tandem@127.0.0.1:\(silent.port),\(pair.primary.address)/tandem")
        let began = ContinuousClock.now
        let connection = try await source.connect(to: .primary, deadline: began + .seconds(600))
        #expect(connection.server == pair.primary.address)
        #expect(began.duration(to: .now) < .seconds(300), "it has not had half of the time")
        await connection.close()
    }

    /// The silent one was waited for, for all the time that there was, although the other had become the primary.
    @Test func aStandbyThatIsPromotedWhileASilentHostIsWaitedForIsFound() async throws {
        let pair = try await PostgresPair.start()
        let silent = try SilentPort()
        let source = try PostgresDataSource(
            "postgresql://tandem:tandem@127.0.0.1:\(silent.port),\(pair.replica.address)/tandem")
        let began = ContinuousClock.now
        let search = Task { try await source.connect(to: .primary, deadline: began + .seconds(600)) }
        // Briefly, and then for the rest of the time.
        for _ in 1...2 { try await silent.waitUntilConnected() }
        try await pair.promoteReplica()
        let connection = try await search.value
        #expect(connection.server == pair.replica.address)
        #expect(began.duration(to: .now) < .seconds(590), "the silent one was not waited for to the end")
        await connection.close()
        await pair.stop()
    }

    @Test func standbyRefusesWritesAndStaysUsable() async throws {
        let connection = try await Bed.connection(to: .replica)
        let error = try await failure { try await connection.run("CREATE TABLE t (i int)") }
        #expect(error.code == .readOnlyTransaction)
        #expect(error.sqlState == "25006")
        #expect(connection.isUsable)
        await connection.close()
    }
}
