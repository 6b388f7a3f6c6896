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

    public struct Iterator: AsyncIteratorProtocol {
        private let reader: RowStreamReader
        private let decode: Decode
        private var rows: ArraySlice<Element> = []

        init(reader: RowStreamReader, decode: @escaping Decode) {
            self.reader = reader
            self.decode = decode
        }

        public mutating func next() async throws -> Element? { try await next(isolation: nil) }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> Element? {
            if let row = rows.popFirst() { return row }
            guard let piece = try await reader.next() else { return nil }
            rows = try decode(piece)[...]
            return rows.popFirst()
        }
    }
}
