import TandemTransactions

/// A cursor of a ``MariaDBConnection``: rows are taken from the connection as they are asked for, and the server waits.
final class MariaDBCursor: ResultCursor {
    private let connection: MariaDBConnection
    private let number: Int

    init(_ connection: MariaDBConnection, number: Int) {
        self.connection = connection
        self.number = number
    }

    func next(_ count: Int) async throws -> [ResultRow]? { try await connection.fetch(count, cursor: number) }

    func close() async { await connection.close(cursor: number) }
}
