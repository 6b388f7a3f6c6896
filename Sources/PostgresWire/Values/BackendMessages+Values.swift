import NIOCore

// SQLite's values are typed one by one, a column's type is only what it was declared as. So:
// - in text format a value that is not of the column's type is shown as it is (as SQLite's own shell would): whoever
//   looks at the data sees it;
// - in binary format it is an error, 22P03 or 22003: bytes of another meaning would be read as a wrong value.

extension BackendMessages {
    /// Writes an integer as a value of `type`: for dates and timestamps seconds since 1970.
    ///
    /// - Throws: in binary format ``SQLState/numericValueOutOfRange`` if the type cannot hold it,
    ///   ``SQLState/invalidBinaryRepresentation`` if it is no value of the type.
    @inline(__always)
    public mutating func write(
        integer value: Int64, as type: PostgresType, _ format: FormatCode
    ) throws(PostgresError) {
        switch format {
        case .text:
            if type == .bool {
                write(string: value == 0 ? "f" : "t")
            } else if type.isMoment, let moment = CivilTime.microseconds(unixSeconds: value) {
                writeMomentText(moment, type)
            } else {
                write(decimal: value)
            }
        case .binary: try writeBinary(integer: value, type)
        }
    }

    /// Writes a real as a value of `type`: for dates and timestamps a Julian day.
    public mutating func write(real value: Double, as type: PostgresType, _ format: FormatCode) throws(PostgresError) {
        switch format {
        case .text:
            if type.isMoment, let moment = CivilTime.microseconds(julianDay: value) {
                writeMomentText(moment, type)
            } else {
                write(string: Self.text(of: value, type))
            }
        case .binary: try writeBinary(real: value, type)
        }
    }

    /// Writes text as a value of `type`.
    ///
    /// In text format, dates and times that can be read are written in PostgreSQL's own form (a timestamptz in UTC
    /// with `+00`), and all else as it is.
    public mutating func write(
        text: UnsafeRawBufferPointer, as type: PostgresType, _ format: FormatCode
    ) throws(PostgresError) {
        switch format {
        case .text:
            switch type {
            case .timestamp, .timestamptz: writeTimestampText(text, type)
            case .bytea: writeHexadecimal(text)
            default: write(bytes: text)
            }
        case .binary: try writeBinary(text: text, type)
        }
    }

    /// Writes a blob as a value of `type`.
    ///
    /// In text format it is `\x` and hexadecimal digits, for a uuid of 16 bytes a uuid's text.
    public mutating func write(
        blob: UnsafeRawBufferPointer, as type: PostgresType, _ format: FormatCode
    ) throws(PostgresError) {
        switch (format, type) {
        case (.text, .uuid) where blob.count == 16: writeValue(maximum: 36) { $0.writeUUIDText(blob) }
        case (.text, _): writeHexadecimal(blob)
        case (.binary, .bytea): write(bytes: blob)
        case (.binary, .uuid) where blob.count == 16: write(bytes: blob)
        case (.binary, _) where type.isTextual: writeHexadecimal(blob)
        case (.binary, _): throw .cannotSend("blob", as: type)
        }
    }

    private mutating func writeHexadecimal(_ bytes: UnsafeRawBufferPointer) {
        writeValue(maximum: bytes.count * 2 + 2) {
            $0.writeStaticString("\\x")
            $0.writeHexadecimal(bytes)
        }
    }

    private mutating func writeTimestampText(_ text: UnsafeRawBufferPointer, _ type: PostgresType) {
        guard let moment = CivilTime.parseMoment(text) else {
            write(bytes: text)
            return
        }
        writeMomentText(type == .timestamptz ? moment.utc : moment.microseconds, type)
    }

    private mutating func writeMomentText(_ microseconds: Int64, _ type: PostgresType) {
        writeValue(maximum: 40) {
            if type == .date {
                $0.writeDate(days: CivilTime.wholeDays(microseconds))
            } else {
                $0.writeTimestamp(microseconds: microseconds)
            }
            if type == .timestamptz { $0.writeStaticString("+00") }
        }
    }

    /// The shortest text that reads back as the same number.
    static func text(of value: Double, _ type: PostgresType) -> String {
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        if value.isNaN { return "NaN" }
        return type == .float4 ? Float(value).description : value.description
    }
}

extension PostgresError {
    /// A value stored in a column is not of the column's type. Which value is not said: it may be nobody's business.
    static func cannotSend(_ kind: String, as type: PostgresType) -> PostgresError {
        PostgresError(
            code: .invalidBinaryRepresentation, message: "a value of kind \(kind) cannot be sent as binary \(type)",
            hint: "SQLite types its values one by one: cast the column, or ask for text format.",
            dataType: type.description)
    }
}
