import CPQ
import TandemThreads
import TandemTransactions

/// A cursor as its connection knows it.
struct OpenCursor {
    let call: StatementCall
    var watch: StatementWatch
    var columns: ResultRow.Columns?
    /// Rows that have come and were not asked for yet: the first, by which a failure shows when the cursor is opened.
    var waiting: [ResultRow] = []
    var isFinished = false
    /// Whether a savepoint was set before it, to which the transaction goes back when the statement must be cancelled.
    let isGuarded: Bool
    let number: Int
}

/// The rows of a statement, row by row as the server sends them; it sends no faster than they are taken.
final class PostgresCursor: ResultCursor {
    private let connection: PostgresConnection
    private let number: Int

    init(_ connection: PostgresConnection, number: Int) {
        self.connection = connection
        self.number = number
    }

    func next(_ count: Int) async throws -> [ResultRow]? { try await connection.fetch(count, from: number) }

    func close() async { await connection.closeCursor(number) }
}
