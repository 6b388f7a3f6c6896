import Foundation

/// A value on its way to or from a database, in the types that PostgreSQL, MariaDB and SQLite share.
///
/// A data source sends each case as its engine's own type and reads its engine's types as these cases; where an engine
/// lacks a type it is kept as text (SQLite: timestamps, UUIDs, decimals). ``SQLValueConvertible`` evens that out, so that
/// the same program reads the same `Date` from all of them.
public enum SQLValue: Sendable, Hashable {
    /// SQL's NULL.
    case null
    /// True or false; 0 and 1 where the engine has no such type.
    case boolean(Bool)
    /// A whole number of up to 64 bits.
    case integer(Int64)
    /// A binary floating-point number.
    case real(Double)
    /// A decimal number, exactly as written, of up to 38 digits.
    case decimal(Decimal)
    /// Text in Unicode.
    case text(String)
    /// Bytes that are no text.
    case bytes(Data)
    /// A moment in time; engines without time zones keep UTC.
    case timestamp(Date)
    /// A UUID.
    case uuid(UUID)
    /// A JSON document as text.
    case json(String)
}

extension SQLValue {
    /// Whether it is SQL's NULL.
    public var isNull: Bool { self == .null }

    /// What kind of value it is, for messages: never the value itself, which may be confidential.
    public var kind: String {
        switch self {
        case .null: "NULL"
        case .boolean: "a boolean"
        case .integer: "an integer"
        case .real: "a floating-point number"
        case .decimal: "a decimal"
        case .text: "text"
        case .bytes: "bytes"
        case .timestamp: "a timestamp"
        case .uuid: "a UUID"
        case .json: "JSON"
        }
    }
}
