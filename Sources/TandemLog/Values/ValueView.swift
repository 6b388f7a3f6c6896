/// One value of a row, pointing into the bytes it was decoded from: valid only as long as they are.
@frozen public enum ValueView {
    case null
    case integer(Int64)
    case real(Double)
    /// Text in UTF-8, unchecked: SQLite stores whatever it is given.
    case text(UnsafeRawBufferPointer)
    case blob(UnsafeRawBufferPointer)
}

extension Value {
    /// A copy of `view` that lives on its own.
    public init(_ view: ValueView) {
        switch view {
        case .null: self = .null
        case .integer(let value): self = .integer(value)
        case .real(let value): self = .real(value)
        case .text(let bytes): self = .text(String(decoding: bytes, as: UTF8.self))
        case .blob(let bytes): self = .blob([UInt8](bytes))
        }
    }
}
