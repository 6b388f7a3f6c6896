/// One value of a row, as SQLite stores it.
public enum Value: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    /// Text. Bytes that are no valid UTF-8 are repaired here; ``ValueView`` has them as they are.
    case text(String)
    case blob([UInt8])
}

extension Value: CustomStringConvertible {
    /// The value as an SQL literal; a blob as `x'…'`.
    public var description: String {
        switch self {
        case .null: "NULL"
        case .integer(let value): String(value)
        case .real(let value): String(value)
        case .text(let value):
            "'" + value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        case .blob(let bytes): "x'" + bytes.map(Value.hexadecimal).joined() + "'"
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}
