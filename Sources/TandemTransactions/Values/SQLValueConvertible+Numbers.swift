import Foundation

extension SQLValueConvertible where Self: FixedWidthInteger {
    /// An integer that fits 64 bits signed is sent as one, a larger one as a decimal.
    public var sqlValue: SQLValue {
        Int64(exactly: self).map(SQLValue.integer) ?? .decimal(DecimalText.decimal(String(self)) ?? .nan)
    }

    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .integer(let value): self.init(exactly: value)
        case .boolean(let value): self = value ? 1 : 0
        case .real(let value): self.init(exactly: value)
        case .decimal(let value): self.init(value.description)
        case .text(let value): self.init(value)
        case .null, .bytes, .timestamp, .uuid, .json: return nil
        }
    }
}

extension Int: SQLValueConvertible {}
extension Int8: SQLValueConvertible {}
extension Int16: SQLValueConvertible {}
extension Int32: SQLValueConvertible {}
extension Int64: SQLValueConvertible {}
extension UInt: SQLValueConvertible {}
extension UInt8: SQLValueConvertible {}
extension UInt16: SQLValueConvertible {}
extension UInt32: SQLValueConvertible {}
extension UInt64: SQLValueConvertible {}

extension Double: SQLValueConvertible {
    public var sqlValue: SQLValue { .real(self) }

    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .real(let value): self = value
        case .integer(let value): self.init(value)
        case .decimal(let value): self = NSDecimalNumber(decimal: value).doubleValue
        case .text(let value): self.init(value)
        case .null, .boolean, .bytes, .timestamp, .uuid, .json: return nil
        }
    }
}

extension Float: SQLValueConvertible {
    public var sqlValue: SQLValue { .real(Double(self)) }

    public init?(sqlValue: SQLValue) {
        guard let value = Double(sqlValue: sqlValue) else { return nil }
        self.init(value)
    }
}

extension Bool: SQLValueConvertible {
    public var sqlValue: SQLValue { .boolean(self) }

    /// MariaDB and SQLite have no type of their own for it: there it is 0 or 1.
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .boolean(let value): self = value
        case .integer(0): self = false
        case .integer(1): self = true
        case .text("t"), .text("true"): self = true
        case .text("f"), .text("false"): self = false
        case .integer, .null, .real, .decimal, .text, .bytes, .timestamp, .uuid, .json: return nil
        }
    }
}

extension Decimal: SQLValueConvertible {
    public var sqlValue: SQLValue { .decimal(self) }

    /// Of a floating-point number the shortest decimal that names it. Nil for text that is not one number from its first
    /// to its last character, and for what a `Decimal` does not hold exactly: infinities, more than 38 digits, exponents
    /// beyond ±127.
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .decimal(let value): self = value
        case .integer(let value): self.init(value)
        case .real(let value):
            guard let decimal = DecimalText.decimal(value.description) else { return nil }
            self = decimal
        case .text(let value):
            guard let decimal = DecimalText.decimal(value) else { return nil }
            self = decimal
        case .null, .boolean, .bytes, .timestamp, .uuid, .json: return nil
        }
    }
}
