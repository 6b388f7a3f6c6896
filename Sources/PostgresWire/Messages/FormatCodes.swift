/// Whether a value travels as text or in the type's binary form.
public enum FormatCode: Int16, Hashable, Sendable {
    case text = 0
    case binary = 1
}

/// The format codes of a Bind or RowDescription: none, one for all, or one for each.
public enum FormatCodes: Hashable, Sendable {
    /// The same for every value; no codes at all mean text.
    case all(FormatCode)
    /// One for each value.
    case each([FormatCode])

    /// The format of the value at `index`; text beyond the last code.
    public subscript(index: Int) -> FormatCode {
        switch self {
        case .all(let code): code
        case .each(let codes): index < codes.count ? codes[index] : .text
        }
    }

    /// Whether the codes can describe `count` values: one for all, or exactly as many.
    public func fits(_ count: Int) -> Bool {
        switch self {
        case .all: true
        case .each(let codes): codes.count == count
        }
    }
}
