extension StatementRunner {
    /// Runs a statement.
    ///
    /// - Returns: how many rows it inserted, changed or deleted.
    /// - Throws: ``DatabaseError``; `CancellationError` where the task was cancelled.
    @discardableResult
    public nonisolated(nonsending) func execute(_ statement: Statement) async throws -> Int {
        try await target.run(statement).affectedRows
    }

    /// Runs a statement and gives columns of the rows that it inserted, changed or deleted.
    ///
    /// ```swift
    /// let ids = try await database.execute("INSERT INTO book (title) VALUES (\(title))", returning: "id", as: Int.self)
    /// ```
    /// MariaDB has it for INSERT and DELETE.
    ///
    /// - Throws: ``DatabaseError``; `invalidValue` where a row is not what `type` is read from.
    public nonisolated(nonsending) func execute<Row: Decodable>(
        _ statement: Statement, returning columns: String..., as type: Row.Type
    ) async throws -> [Row] {
        let statement = statement.returning(columns)
        return try RowDecoder.decode(try await target.run(statement).rows, as: type, of: statement)
    }

    /// Runs a statement and gives columns of the rows that it inserted, changed or deleted, as tuples.
    ///
    /// - Throws: ``DatabaseError``; `invalidValue` where a column is not what it is to be read as.
    public nonisolated(nonsending) func execute<
        First: SQLValueConvertible, Second: SQLValueConvertible, each Other: SQLValueConvertible
    >(
        _ statement: Statement, returning columns: String..., as type: (First, Second, repeat each Other).Type
    ) async throws -> [(First, Second, repeat each Other)] {
        let statement = statement.returning(columns)
        return try RowDecoder.decode(try await target.run(statement).rows, as: type, of: statement)
    }

    /// Runs a statement and gives all that the engine told of it.
    ///
    /// For the key that an engine made by itself; `execute(_:returning:as:)` gives keys on every engine, and of several rows.
    ///
    /// - Returns: its rows, how many it affected, and the key of the one row that it made, which MariaDB and a node of the
    ///   same process tell; nil elsewhere.
    /// - Throws: ``DatabaseError``; `CancellationError` where the task was cancelled.
    @discardableResult
    public nonisolated(nonsending) func executeForResult(_ statement: Statement) async throws -> StatementResult {
        try await target.run(statement)
    }

    /// Runs statements one after the other, all of them or none: without a transaction they have one of their own.
    ///
    /// - Parameters:
    ///   - statements: what is run, in this order.
    ///   - fileID: the place of the call, for messages about a transaction of its own.
    ///   - line: the same.
    /// - Returns: how many rows each inserted, changed or deleted.
    /// - Throws: ``DatabaseError`` of the first that fails; those after it are not run.
    @discardableResult
    public nonisolated(nonsending) func executeBatch(
        _ statements: [Statement], fileID: String = #fileID, line: UInt = #line
    ) async throws -> [Int] {
        try await target.runBatch(statements, at: CallSite(fileID: fileID, line: line))
    }
}

extension Statement {
    fileprivate func returning(_ columns: [String]) -> Statement {
        var fragments = fragments
        if case .text(var text)? = fragments.last {
            while let last = text.last, last == ";" || last.isWhitespace { text.removeLast() }
            fragments[fragments.count - 1] = .text(text)
        }
        for (place, column) in columns.enumerated() {
            // A line of its own: the one before may end in a comment.
            fragments.append(.text(place == 0 ? "\nRETURNING " : ", "))
            fragments.append(column == "*" ? .text("*") : .identifier(column))
        }
        return Statement(fragments: fragments)
    }
}

extension StatementTarget {
    nonisolated(nonsending) func runBatch(_ statements: [Statement], at place: CallSite) async throws -> [Int] {
        let holder = (scope ?? Scope.innermost(of: database))?.holder
        if holder?.isTransactional ?? false {
            var counts: [Int] = []
            counts.reserveCapacity(statements.count)
            for statement in statements { counts.append(try await run(statement).affectedRows) }
            return counts
        }
        let options = holder?.options
        return try await database.transaction(
            readOnly: options?.isReadOnly ?? false, propagation: .requiresNew,
            isolation: options?.isolation ?? .serverDefault,
            timeout: options?.deadline.map { Moment.now.duration(to: $0) },
            name: options?.name ?? "executeBatch", freshness: options?.freshness, fileID: place.fileID, line: place.line
        ) {
            try await StatementTarget(database: database, scope: nil).runBatch(statements, at: place)
        }
    }
}
