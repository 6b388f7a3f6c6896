import PostgresWire
import TandemSQLite

extension ParameterValue {
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
