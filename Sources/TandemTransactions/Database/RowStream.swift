/// The rows of a query, fetched piece by piece while they are read.
public struct RowStream<Element>: AsyncSequence {
    typealias Decode = ([ResultRow]) throws -> [Element]

    private let statement: Statement
    private let target: StatementTarget
    private let decode: Decode

    /// The transaction that is current now is the one that it belongs to, whoever reads it.
    init(_ statement: Statement, _ target: StatementTarget, _ decode: @escaping Decode) {
        self.statement = statement
        self.target = StatementTarget(
            database: target.database, scope: target.scope ?? Scope.innermost(of: target.database))
        self.decode = decode
    }

    public func makeAsyncIterator() -> Iterator { Iterator(reader: RowStreamReader(statement, target), decode: decode) }

    /// Fetches and decodes the rows. While it is there the transaction runs no other statement.
    public struct Iterator: AsyncIteratorProtocol {
        private let reader: RowStreamReader
        private let decode: Decode
        private var rows: ArraySlice<Element> = []

        init(reader: RowStreamReader, decode: @escaping Decode) {
            self.reader = reader
            self.decode = decode
        }

        /// The next row; nil after the last.
        ///
        /// - Throws: ``DatabaseError``; `invalidValue` where a row is not what it is to be read as.
        public mutating func next() async throws -> Element? { try await next(isolation: nil) }

        /// The next row; nil after the last.
        ///
        /// - Throws: ``DatabaseError``; `invalidValue` where a row is not what it is to be read as.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> Element? {
            if let row = rows.popFirst() { return row }
            guard let piece = try await reader.next() else { return nil }
            rows = try decode(piece)[...]
            return rows.popFirst()
        }
    }
}
