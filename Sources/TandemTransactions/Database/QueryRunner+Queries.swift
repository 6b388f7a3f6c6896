extension QueryRunner {
    /// Runs a query and decodes its rows.
    ///
    /// - Parameters:
    ///   - statement: the query.
    ///   - type: a `Decodable` type with a property for each column that it wants, or the type of the one column.
    /// - Throws: ``DatabaseError``; `invalidValue` where a row is not what `type` is read from.
    public nonisolated(nonsending) func query<Row: Decodable>(_ statement: Statement, as type: Row.Type) async throws
        -> [Row]
    {
        try RowDecoder.decode(try await query(statement), as: type, of: statement)
    }

    /// Runs a query and gives the values of its first column.
    ///
    /// - Throws: ``DatabaseError``; `invalidValue` where one is not what `type` is read from.
    @inlinable
    public nonisolated(nonsending) func query<Value: Decodable & SQLValueConvertible>(
        _ statement: Statement, as type: Value.Type
    ) async throws -> [Value] {
        try RowDecoder.decodeColumn(try await query(statement), as: type, of: statement)
    }

    /// Runs a query and decodes its rows as tuples, column by column in their order.
    ///
    /// ```swift
    /// let books = try await database.query("SELECT id, title FROM book", as: (Int, String).self)
    /// ```
    ///
    /// - Throws: ``DatabaseError``; `invalidValue` where a column is not what it is to be read as.
    public nonisolated(nonsending) func query<
        First: SQLValueConvertible, Second: SQLValueConvertible, each Other: SQLValueConvertible
    >(
        _ statement: Statement, as type: (First, Second, repeat each Other).Type
    ) async throws -> [(First, Second, repeat each Other)] {
        try RowDecoder.decode(try await query(statement), as: type, of: statement)
    }

    /// Runs a query and gives its rows as they are.
    ///
    /// - Throws: ``DatabaseError``; `CancellationError` where the task was cancelled.
    public nonisolated(nonsending) func query(_ statement: Statement) async throws -> [ResultRow] {
        try await target.run(statement).rows
    }

    /// The one row of a query; nil where there is none.
    ///
    /// - Throws: `cardinalityViolation` where there are more.
    public nonisolated(nonsending) func queryOne<Row: Decodable>(_ statement: Statement, as type: Row.Type) async throws
        -> Row?
    {
        try RowDecoder.one(of: try await query(statement, as: type), statement)
    }

    /// The one row of a query as a tuple; nil where there is none.
    ///
    /// - Throws: `cardinalityViolation` where there are more.
    public nonisolated(nonsending) func queryOne<
        First: SQLValueConvertible, Second: SQLValueConvertible, each Other: SQLValueConvertible
    >(
        _ statement: Statement, as type: (First, Second, repeat each Other).Type
    ) async throws -> (First, Second, repeat each Other)? {
        try RowDecoder.one(of: try await query(statement, as: type), statement)
    }

    /// The rows of a query, fetched piece by piece while they are read, so that a large result needs little memory.
    ///
    /// Until the stream has been read to its end, or its iterator is gone, the transaction runs no other statement. It
    /// must be read within the transaction in which it was made.
    public func stream<Row: Decodable>(_ statement: Statement, as type: Row.Type) -> RowStream<Row> {
        RowStream(statement, target) { try RowDecoder.decode($0, as: type, of: statement) }
    }

    /// The rows of a query as tuples, fetched piece by piece while they are read.
    public func stream<First: SQLValueConvertible, Second: SQLValueConvertible, each Other: SQLValueConvertible>(
        _ statement: Statement, as type: (First, Second, repeat each Other).Type
    ) -> RowStream<(First, Second, repeat each Other)> {
        RowStream(statement, target) { try RowDecoder.decode($0, as: type, of: statement) }
    }
}
