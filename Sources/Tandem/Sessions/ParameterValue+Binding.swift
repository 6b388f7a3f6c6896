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

    /// Reads a value whose type is that of its place, which nobody has given it.
    ///
    /// - Throws: ``PostgresError`` as `init(decoding:type:format:)`.
    init(decoding bytes: ByteBuffer?, inferred type: PostgresType, format: FormatCode) throws(PostgresError) {
        do {
            try self.init(decoding: bytes, type: type, format: format)
        } catch {
            // A number is a time for SQLite, too: seconds or a Julian day. Only who says that it is a timestamp means one.
            guard type.isDatetime, format == .text, let bytes, let number = Double(String(buffer: bytes)),
                number.isFinite
            else { throw error }
            self = Int64(exactly: number).map { .integer($0) } ?? .real(number)
        }
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
