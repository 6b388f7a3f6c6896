import Testing

@testable import TandemTransactions

/// A replica that says nothing any more, though its connections are there: its machine has no power, or hangs.
@Suite struct SilentServerTests {
    private let group = ServerGroup(primary: "db-1", replicas: ["db-2"])

    private func database(validationTimeout: Duration) throws -> Database {
        let pool = try PoolConfiguration(aliveBypassWindow: .zero, validationTimeout: validationTimeout)
        return Database(
            primary: group.source("db-1"), replicas: [group.source("db-2")], configuration: .init(pool: pool))
    }

    private func read(_ database: Database, timeout: Duration? = nil) async throws -> RouteReason? {
        try await database.transaction(readOnly: true, timeout: timeout) {
            _ = try await database.query("SELECT 1")
            return Transaction.current?.routing
        }
    }

    /// Each of its idle connections was asked after the other.
    @Test func itIsLeftWithinTheCallHoweverManyConnectionsItHas() async throws {
        let database = try database(validationTimeout: .milliseconds(100))
        let run = Task { try await database.run() }
        await eventually("all are idle") { database.poolStatus[1].idle == 10 }
        group.change("db-2") { $0.isSilent = true }
        #expect(try await read(database) == .replicasFailed)
        #expect(group["db-2"].validations == 1)
        #expect(database.explainRouting().contains("has not answered for"))
        await database.shutdown(grace: .zero)
        try await run.value
    }

    /// Reads failed with `timeout` for up to a minute, each as the one before.
    @Test func aReadWhoseTimeItTookIsTheLastThatGoesThere() async throws {
        let database = try database(validationTimeout: .seconds(5))
        #expect(try await read(database) == .leastBusy)
        group.change("db-2") { $0.isSilent = true }
        let error = await #expect(throws: DatabaseError.self) {
            try await read(database, timeout: .milliseconds(50))
        }
        #expect(error?.code == .timeout)
        #expect(error?.message.contains("db-2 has not answered for") == true, "\(String(describing: error))")
        // Less than what is left of the time for the first question.
        #expect(try await read(database, timeout: .seconds(3)) == .replicasFailed)
        await database.shutdown(grace: .zero)
    }

    @Test func oneWhoseConnectionsAreAllInUseIsNotTakenForSilent() async throws {
        let pool = try PoolConfiguration(maximumSize: 1)
        let database = Database(
            primary: group.source("db-1"), replicas: [group.source("db-2")], configuration: .init(pool: pool))
        try await database.transaction(readOnly: true) {
            _ = try await database.query("SELECT 1")
            let waiting = Task.detached { try await read(database, timeout: .milliseconds(50)) }
            let error = await #expect(throws: DatabaseError.self) { try await waiting.value }
            #expect(error?.code == .timeout)
        }
        #expect(try await read(database) == .leastBusy)
        await database.shutdown(grace: .zero)
    }
}
