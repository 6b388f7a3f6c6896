import NIOConcurrencyHelpers
import Tandem
import TandemSQLite
import TandemTransactions

/// The rows of a statement that a node runs piece by piece: no more are in memory than were asked for.
final class EmbeddedCursor: ResultCursor {
    private let cursor: NodeCursor
    private let connection: EmbeddedConnection
    private let statement: Statement
    private let state = NIOLockedValueBox(State())

    private struct State {
        /// How the rows are read, once the first is there.
        var reader: RowReader?
        var isAtEnd = false
    }

    init(_ cursor: NodeCursor, of connection: EmbeddedConnection, _ statement: Statement) {
        self.cursor = cursor
        self.connection = connection
        self.statement = statement
    }

    func next(_ count: Int) async throws -> [ResultRow]? {
        let (reader, isAtEnd) = state.withLockedValue { ($0.reader, $0.isAtEnd) }
        if isAtEnd { return nil }
        let piece = try await connection.telling(statement) {
            try await cursor.fetch { statement in try Piece(of: statement, count: max(1, count), reader) }
        }
        state.withLockedValue { state in
            state.reader = piece.reader
            state.isAtEnd = piece.isAtEnd
        }
        if piece.isAtEnd { await cursor.close() }
        return piece.rows.isEmpty ? nil : piece.rows
    }

    func close() async {
        state.withLockedValue { $0.isAtEnd = true }
        await cursor.close()
    }

    /// Some rows.
    private struct Piece: Sendable {
        var rows: [ResultRow] = []
        var reader: RowReader?
        var isAtEnd = false

        init(of statement: PreparedStatement, count: Int, _ reader: RowReader?) throws {
            self.reader = reader
            while rows.count < count {
                guard try statement.step() else {
                    isAtEnd = true
                    return
                }
                let reader = self.reader ?? RowReader(statement)
                self.reader = reader
                rows.append(reader.row(of: statement))
            }
        }
    }
}

/// The rows of a statement that has ended.
final class FinishedCursor: ResultCursor {
    private let rows: NIOLockedValueBox<ArraySlice<ResultRow>>

    init(_ rows: [ResultRow]) { self.rows = NIOLockedValueBox(rows[...]) }

    func next(_ count: Int) async throws -> [ResultRow]? {
        rows.withLockedValue { rows in
            guard !rows.isEmpty else { return nil }
            let piece = rows.prefix(max(1, count))
            rows = rows.dropFirst(piece.count)
            return Array(piece)
        }
    }

    func close() async { rows.withLockedValue { $0 = [] } }
}
