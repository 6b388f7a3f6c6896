/// Rows as the program's types.
@usableFromInline enum RowDecoder {
    /// The first column of rows whose type is known where this is called: nothing is looked up at run time.
    @inlinable static func decodeColumn<Value: SQLValueConvertible>(
        _ rows: [ResultRow], as type: Value.Type, of statement: Statement
    ) throws -> [Value] {
        do {
            return try rows.map { try value(of: type, in: $0, at: 0) }
        } catch {
            throw explained(error, statement)
        }
    }

    /// Rows as a `Decodable` type: the type of the one column, or one with a property for each column that it wants.
    static func decode<Row: Decodable>(_ rows: [ResultRow], as type: Row.Type, of statement: Statement) throws -> [Row]
    {
        do {
            if let single = type as? any SQLValueConvertible.Type {
                return try rows.map { row in
                    guard let value = try value(of: single, in: row, at: 0) as? Row else {
                        throw ColumnFailure.wrongType(row, 0, "\(type)")
                    }
                    return value
                }
            }
            let keys = ColumnKeys(rows.first?.columns)
            return try rows.map { try Row(from: ResultRowDecoder(row: $0, keys: keys)) }
        } catch {
            throw explained(error, statement)
        }
    }

    /// Rows as tuples, column by column.
    static func decode<First: SQLValueConvertible, Second: SQLValueConvertible, each Other: SQLValueConvertible>(
        _ rows: [ResultRow], as type: (First, Second, repeat each Other).Type, of statement: Statement
    ) throws -> [(First, Second, repeat each Other)] {
        do {
            return try rows.map { row in
                var place = -1
                func next<Value: SQLValueConvertible>(_ type: Value.Type) throws -> Value {
                    place += 1
                    return try value(of: type, in: row, at: place)
                }
                return (try next(First.self), try next(Second.self), repeat try next((each Other).self))
            }
        } catch {
            throw explained(error, statement)
        }
    }

    /// The only one of `rows`, nil where there is none.
    static func one<Row>(of rows: [Row], _ statement: Statement) throws -> Row? {
        guard rows.count > 1 else { return rows.first }
        var error = DatabaseError(
            .cardinalityViolation,
            "the query gave \(rows.count) rows and queryOne takes at most one: add a condition or LIMIT 1",
            sqlState: "21000")
        error.statement = statement.redacted
        throw error
    }

    @inlinable static func value<Value: SQLValueConvertible>(
        of type: Value.Type, in row: ResultRow, at place: Int
    ) throws -> Value {
        guard place < row.values.count else { throw ColumnFailure.tooFew(row, place + 1) }
        guard let value = Value(sqlValue: row.values[place]) else {
            throw ColumnFailure.wrongType(row, place, "\(type)")
        }
        return value
    }

    @usableFromInline static func explained(_ error: any Error, _ statement: Statement) -> any Error {
        let (message, column): (String, String?) =
            switch error {
            case ColumnFailure.tooFew(let row, let wanted):
                ("the result has \(row.values.count) columns and \(wanted) are read", nil)
            case ColumnFailure.wrongType(let row, let place, let type):
                (
                    "column \(row.columns.names[place]) is read as \(type) and holds \(row.values[place].kind)",
                    row.columns.names[place]
                )
            case let error as DecodingError: describe(error)
            default: ("", nil)
            }
        if message.isEmpty { return error }
        var explained = DatabaseError(.invalidValue, message, sqlState: "22000", cause: error)
        explained.column = column
        explained.statement = statement.redacted
        return explained
    }

    private static func describe(_ error: DecodingError) -> (String, String?) {
        switch error {
        case .keyNotFound(let key, let context):
            let path = context.codingPath.map(\.stringValue)
            let column = path.first ?? key.stringValue
            if path.isEmpty { return ("the result has no column \(key.stringValue)", key.stringValue) }
            return ("the JSON in column \(column) has no \(key.stringValue)", column)
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            let column = context.codingPath.first?.stringValue
            return ((column.map { "column \($0): " } ?? "") + context.debugDescription, column)
        @unknown default: return ("a row cannot be decoded", nil)
        }
    }
}

/// Why a column is not what it is read as.
@usableFromInline enum ColumnFailure: Error {
    case tooFew(ResultRow, Int)
    case wrongType(ResultRow, Int, String)
}
