import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

/// A node's one writer, and its commits, over the wire.
@Suite(.serialized, .enabled(if: TandemPair.program != nil, "the tandem program has not been built"))
struct TandemWriterTests {
    private static let shared = Task { try await TandemPair.start() }

    private func database() async throws -> Database {
        let database = Database(primary: try PostgresDataSource(try await Self.shared.value.primary.url))
        try await database.execute("CREATE TABLE IF NOT EXISTS book (id INTEGER PRIMARY KEY, copies INTEGER)")
        return database
    }

    private static let insertion: Statement = "INSERT INTO book (copies) VALUES (1)"

    /// It would wait for the writer that the outer one has, which waits for it.
    @Test(arguments: [
        (IsolationLevel.serverDefault, "SELECT 1", false), (.readCommitted, "SELECT copies FROM book", false),
        (.repeatableRead, "SELECT copies FROM book", true), (.serializable, "SELECT copies FROM book", true),
        (.readCommitted, "SELECT copies FROM book FOR UPDATE", true), (.serverDefault, "DELETE FROM book", true),
    ])
    func aTransactionInsideOfTheOneThatHasTheWriterIsRefused(
        isolation: IsolationLevel, statement: String, hasIt: Bool
    ) async throws {
        let database = try await database()
        try await database.transaction(isolation: isolation, name: "outer") {
            try await database.execute(Statement(statement))
            let inner = {
                try await database.transaction(propagation: .requiresNew, name: "inner") {
                    try await database.execute(Self.insertion)
                }
            }
            guard hasIt else {
                #expect(try await inner() == 1)
                return
            }
            let error = await #expect(throws: DatabaseError.self) { try await inner() }
            #expect(error?.code == .illegalTransactionState)
            #expect(error?.message.contains("outer") == true && error?.message.contains("inner") == true)
        }
        await database.shutdown()
    }

    @Test func aDoubtfulCommitNamesItsPosition() async throws {
        let pair = try await TandemPair.start(options: ["--commit-timeout", "300ms"])
        let database = Database(primary: try PostgresDataSource(pair.primary.url))
        try await database.execute("CREATE TABLE book (id INTEGER PRIMARY KEY, copies INTEGER)")
        pair.replica.freeze()
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction { try await database.execute(Self.insertion) }
        }
        #expect(error?.code == .outcomeUnknown && error?.sqlState == "40003", "\(String(describing: error))")
        let position = try #require(error?.position)
        #expect(position.engine == .tandem)
        // It was committed after all, there.
        pair.replica.thaw()
        let replica = try await PostgresDataSource(pair.replica.url).connect(to: .replica, deadline: Bed.soon)
        #expect(try await replica.waitUntilReached(position, deadline: Bed.soon))
        #expect(try await replica.value("SELECT count(*) FROM book") == .integer(1))
        await replica.close()
        await database.shutdown()
        await pair.stop()
    }
}
