import CTandemSQLite
import PostgresWire

extension PostgresType {
    /// The type that clients are told for a column declared as `declaration` in SQLite (docs/SQL.md has the table).
    init(declaredAs declaration: String) {
        switch DeclaredType(declaration) {
        case .boolean: self = .bool
        case .integer: self = .int8
        case .real: self = .float8
        case .numeric: self = .numeric
        case .text: self = .text
        case .variableText: self = .varchar
        case .bytes: self = .bytea
        case .date: self = .date
        case .time: self = .time
        case .timestamp: self = .timestamp
        case .timestampWithZone: self = .timestamptz
        case .interval: self = .interval
        case .uuid: self = .uuid
        case .json: self = .json
        case .binaryJSON: self = .jsonb
        case .logPosition: self = .pgLSN
        }
    }
}

extension PostgresType {
    /// The type of a value of SQLite's own types.
    init(ofValue type: Int32) {
        switch type {
        case SQLITE_INTEGER: self = .int8
        case SQLITE_FLOAT: self = .float8
        case SQLITE_BLOB: self = .bytea
        default: self = .text
        }
    }
}
