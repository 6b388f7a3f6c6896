import NIOCore

/// A parameter's value in the terms of SQLite: what is bound to a statement.
public enum ParameterValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    /// UTF-8.
    case text(ByteBuffer)
    case bytes(ByteBuffer)

    /// Text from a string, for convenience.
    public static func text(_ string: String) -> ParameterValue { .text(ByteBuffer(string: string)) }
}
