import CMariaDB
import Foundation
import TandemTransactions

/// How a column of a result is fetched, and which value it becomes.
enum ColumnKind: Sendable, Hashable {
    case integer(isUnsigned: Bool)
    case real
    case decimal
    case text
    case json
    case uuid
    case bytes
    /// BIT: an integer whose bytes come from the highest to the lowest.
    case bits
    case date
    case time
    /// DATETIME and TIMESTAMP.
    case moment
    case null

    /// The character set that stands for bytes.
    private static let binary: UInt32 = 63

    /// - Parameters:
    ///   - field: the column as the server described it with its rows.
    ///   - preparation: as it described it when the statement was prepared, where alone it says that text is JSON.
    init(_ field: MYSQL_FIELD, preparation: MYSQL_FIELD) {
        switch field.type {
        case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG, MYSQL_TYPE_YEAR:
            self = .integer(isUnsigned: field.flags & UInt32(UNSIGNED_FLAG) != 0)
        case MYSQL_TYPE_FLOAT, MYSQL_TYPE_DOUBLE: self = .real
        case MYSQL_TYPE_DECIMAL, MYSQL_TYPE_NEWDECIMAL: self = .decimal
        case MYSQL_TYPE_BIT: self = .bits
        case MYSQL_TYPE_DATE, MYSQL_TYPE_NEWDATE: self = .date
        case MYSQL_TYPE_TIME, MYSQL_TYPE_TIME2: self = .time
        case MYSQL_TYPE_DATETIME, MYSQL_TYPE_DATETIME2, MYSQL_TYPE_TIMESTAMP, MYSQL_TYPE_TIMESTAMP2: self = .moment
        case MYSQL_TYPE_NULL: self = .null
        case MYSQL_TYPE_GEOMETRY: self = .bytes
        default: self = Self.string(field, preparation)
        }
    }

    /// What MariaDB sends as a string, and says of it beyond that.
    private static func string(_ field: MYSQL_FIELD, _ preparation: MYSQL_FIELD) -> ColumnKind {
        if attribute(MARIADB_FIELD_ATTR_DATA_TYPE_NAME, of: field) == "uuid" { return .uuid }
        if attribute(MARIADB_FIELD_ATTR_FORMAT_NAME, of: preparation) == "json" { return .json }
        return field.charsetnr == binary ? .bytes : .text
    }

    private static func attribute(_ which: mariadb_field_attr_t, of field: MYSQL_FIELD) -> String? {
        var text = MARIADB_CONST_STRING()
        guard withUnsafePointer(to: field, { mariadb_field_attr(&text, $0, which) }) == 0, let start = text.str else {
            return nil
        }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: text.length), as: UTF8.self)
    }

    /// The type that the library is to turn the column into.
    var bufferType: enum_field_types {
        switch self {
        case .integer: MYSQL_TYPE_LONGLONG
        case .real: MYSQL_TYPE_DOUBLE
        case .decimal, .text, .json, .uuid: MYSQL_TYPE_STRING
        case .bytes, .bits: MYSQL_TYPE_BLOB
        case .date: MYSQL_TYPE_DATE
        case .time: MYSQL_TYPE_TIME
        case .moment: MYSQL_TYPE_DATETIME
        case .null: MYSQL_TYPE_NULL
        }
    }

    /// How many bytes its values take; nil where that differs from one to the other.
    var fixedSize: Int? {
        switch self {
        case .integer, .real: 8
        case .date, .time, .moment: MemoryLayout<MYSQL_TIME>.size
        case .null: 0
        case .decimal, .text, .json, .uuid, .bytes, .bits: nil
        }
    }

    /// The value that lies in the bytes.
    func value(_ bytes: UnsafeRawBufferPointer) -> SQLValue {
        switch self {
        case .integer(isUnsigned: false): .integer(bytes.loadUnaligned(as: Int64.self))
        case .integer(isUnsigned: true): bytes.loadUnaligned(as: UInt64.self).sqlValue
        case .real: .real(bytes.loadUnaligned(as: Double.self))
        case .decimal: Self.decimal(String(decoding: bytes, as: UTF8.self))
        case .text: .text(String(decoding: bytes, as: UTF8.self))
        case .json: .json(String(decoding: bytes, as: UTF8.self))
        case .uuid: Self.uuid(String(decoding: bytes, as: UTF8.self))
        case .bytes: .bytes(Data(bytes))
        case .bits: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }.sqlValue
        case .date: .text(CalendarTime.dateText(bytes.loadUnaligned(as: MYSQL_TIME.self)))
        case .time: .text(CalendarTime.clockText(bytes.loadUnaligned(as: MYSQL_TIME.self)))
        case .moment: CalendarTime.moment(bytes.loadUnaligned(as: MYSQL_TIME.self))
        case .null: .null
        }
    }

    /// MariaDB's exact numbers travel as text. One that a `Decimal` cannot hold stays text, lest something be lost.
    private static func decimal(_ text: String) -> SQLValue {
        DecimalText.decimal(text).map(SQLValue.decimal) ?? .text(text)
    }

    private static func uuid(_ text: String) -> SQLValue { UUID(uuidString: text).map(SQLValue.uuid) ?? .text(text) }
}
