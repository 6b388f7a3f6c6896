/// A type whose values can be parameters of a statement and columns of a row.
///
/// Reading is lenient where engines differ (a `Bool` is read from 0 and 1, a `Date` from ISO 8601 text) and strict where
/// something would be lost (an `Int8` is not read from 300).
public protocol SQLValueConvertible: Sendable {
    /// The value as a parameter.
    var sqlValue: SQLValue { get }

    /// The value of a column; nil where it is not one of this type.
    init?(sqlValue: SQLValue)
}

extension SQLValue: SQLValueConvertible {
    public var sqlValue: SQLValue { self }
    public init?(sqlValue: SQLValue) { self = sqlValue }
}

extension Optional: SQLValueConvertible where Wrapped: SQLValueConvertible {
    public var sqlValue: SQLValue { self?.sqlValue ?? .null }

    public init?(sqlValue: SQLValue) {
        if sqlValue.isNull {
            self = .none
        } else if let value = Wrapped(sqlValue: sqlValue) {
            self = value
        } else {
            return nil
        }
    }
}
