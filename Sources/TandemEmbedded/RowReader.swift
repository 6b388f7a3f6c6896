import CTandemSQLite
import Foundation
import Tandem
import TandemSQLite
import TandemTransactions

/// Reads a statement's rows: each value in the type of its column's declaration where it is one, else in SQLite's own.
struct RowReader: Sendable {
    private let columns: ResultRow.Columns
    /// Nil for an expression.
    private let types: [DeclaredType?]

    /// - Parameter statement: after its first step, for SQLite may only then know its columns.
    init(_ statement: PreparedStatement) {
        let places = 0..<statement.columnCount
        columns = ResultRow.Columns(places.map(statement.columnName))
        types = places.map { statement.columnDeclaredType($0).map(DeclaredType.init) }
    }

    /// The current row.
    func row(of statement: PreparedStatement) -> ResultRow {
        ResultRow(columns: columns, values: types.enumerated().map { Self.value(of: statement, $0, $1) })
    }

    private static func value(of statement: PreparedStatement, _ column: Int, _ type: DeclaredType?) -> SQLValue {
        switch statement.columnType(column) {
        case SQLITE_NULL: .null
        case SQLITE_INTEGER: value(integer: statement.int64(column), type)
        case SQLITE_FLOAT: value(real: statement.double(column), type)
        case SQLITE_TEXT: value(text: String(decoding: statement.text(column), as: UTF8.self), type)
        default: value(bytes: Data(statement.blob(column)), type)
        }
    }

    private static func value(integer: Int64, _ type: DeclaredType?) -> SQLValue {
        switch type {
        case .boolean where integer == 0 || integer == 1: .boolean(integer == 1)
        case .numeric: .decimal(Decimal(integer))
        default: .integer(integer)
        }
    }

    private static func value(real: Double, _ type: DeclaredType?) -> SQLValue {
        // The shortest text that names the number is what was stored, up to 15 digits.
        guard type == .numeric, let decimal = DecimalText.decimal(real.description) else { return .real(real) }
        return .decimal(decimal)
    }

    private static func value(text: String, _ type: DeclaredType?) -> SQLValue {
        let typed: SQLValue? =
            switch type {
            case .timestamp, .timestampWithZone: TimestampText.date(text).map(SQLValue.timestamp)
            case .uuid: UUID(uuidString: text).map(SQLValue.uuid)
            case .json, .binaryJSON: .json(text)
            case .numeric: DecimalText.decimal(text).map(SQLValue.decimal)
            default: nil
            }
        return typed ?? .text(text)
    }

    private static func value(bytes: Data, _ type: DeclaredType?) -> SQLValue {
        guard type == .uuid, bytes.count == 16 else { return .bytes(bytes) }
        return .uuid(bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) })
    }
}
