import NIOCore
import PostgresWire
import TandemSQLite

extension ParameterValue {
    /// Reads the value that a client gives a statement's parameter. Numbers count from 0.
    ///
    /// - Throws: ``PostgresError`` as `init(decoding:type:format:)`.
    init(
        decoding bytes: ByteBuffer?, format: FormatCode, of statement: SessionStatement, _ number: Int
    ) throws(PostgresError) {
        let (type, isGiven) = statement.parameterType(number)
        self =
            try isGiven
            ? ParameterValue(decoding: bytes, type: type, format: format)
            : ParameterValue(decoding: bytes, inferred: type, format: format)
    }

    /// Binds the value to the parameter that SQLite counts as `index`, from 1.
    func bind(to statement: PreparedStatement, at index: Int) throws(SQLiteError) {
        switch self {
        case .null: try statement.bindNull(at: index)
        case .integer(let value): try statement.bind(value, at: index)
        case .real(let value): try statement.bind(value, at: index)
        case .text(let buffer):
            try buffer.withUnsafeReadableBytes { bytes throws(SQLiteError) in
                try statement.bindText(bytes, at: index)
            }
        case .bytes(let buffer):
            try buffer.withUnsafeReadableBytes { bytes throws(SQLiteError) in
                try statement.bindBlob(bytes, at: index)
            }
        }
    }
}

extension PostgresError {
    static func arraysAreNotSupported(_ type: PostgresType) -> PostgresError {
        PostgresError(
            code: .featureNotSupported, message: "parameters of array types are not supported: SQLite has no arrays",
            hint: "Pass the list as JSON text: … WHERE id IN (SELECT value FROM json_each($1)).",
            dataType: type.description)
    }
}
