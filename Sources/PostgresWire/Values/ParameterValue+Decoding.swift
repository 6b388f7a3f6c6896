import NIOCore

extension ParameterValue {
    /// Decodes a parameter of a Bind.
    ///
    /// What becomes of each type: bool, int2, int4, int8 and oid an integer (bool 0 or 1); float4 and float8 a real;
    /// numeric an integer if it is written as one and fits, a real if it has at most 15 digits, else text (as
    /// SQLite's NUMERIC affinity does); bytea bytes; date, time and timestamp text in ISO form,
    /// `YYYY-MM-DD HH:MM:SS[.ffffff]`; timestamptz the same, in UTC; uuid its 36 characters; all others text.
    /// Binary values of an unspecified type are bytes.
    ///
    /// - Throws: ``SQLState/invalidTextRepresentation`` or ``SQLState/invalidBinaryRepresentation`` where the bytes
    ///   are not of the type, ``SQLState/numericValueOutOfRange``, ``SQLState/datetimeFieldOverflow`` and
    ///   ``SQLState/invalidDatetimeFormat``, ``SQLState/characterNotInRepertoire`` for text that is not UTF-8, and
    ///   ``SQLState/featureNotSupported`` for the binary form of a type this module does not know. No message holds
    ///   the value.
    public init(decoding bytes: ByteBuffer?, type: PostgresType, format: FormatCode) throws(PostgresError) {
        guard let bytes else {
            self = .null
            return
        }
        switch format {
        case .text: self = try Self.decodeText(bytes, type)
        case .binary: self = try Self.decodeBinary(bytes, type)
        }
    }
}

extension PostgresError {
    static func invalidText(_ type: PostgresType) -> PostgresError {
        PostgresError(
            code: .invalidTextRepresentation, message: "invalid input syntax for type \(type)",
            dataType: type.description)
    }

    static func invalidBinary(_ type: PostgresType) -> PostgresError {
        PostgresError(
            code: .invalidBinaryRepresentation, message: "incorrect binary data format for type \(type)",
            dataType: type.description)
    }

    static func outOfRange(_ type: PostgresType) -> PostgresError {
        PostgresError(
            code: .numericValueOutOfRange, message: "value out of range for type \(type)",
            dataType: type.description)
    }

    static func invalidDatetime(_ type: PostgresType) -> PostgresError {
        PostgresError(
            code: .invalidDatetimeFormat, message: "invalid input syntax for type \(type)",
            hint: "Write YYYY-MM-DD, HH:MM:SS[.ffffff], or both with a space between.", dataType: type.description)
    }

    static func datetimeOverflow(_ type: PostgresType) -> PostgresError {
        PostgresError(
            code: .datetimeFieldOverflow, message: "\(type) out of range: the year must be 1 to 294276",
            dataType: type.description)
    }
}
