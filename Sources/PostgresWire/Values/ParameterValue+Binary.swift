import NIOCore

extension ParameterValue {
    static func decodeBinary(_ bytes: ByteBuffer, _ type: PostgresType) throws(PostgresError) -> ParameterValue {
        switch type {
        case .int2: .integer(Int64(try fixed(Int16.self, bytes, type)))
        case .int4: .integer(Int64(try fixed(Int32.self, bytes, type)))
        case .int8: .integer(try fixed(Int64.self, bytes, type))
        case .oid: .integer(Int64(try fixed(UInt32.self, bytes, type)))
        case .bool: .integer(try fixed(UInt8.self, bytes, type) == 0 ? 0 : 1)
        case .float4:
            .real(try storable(Double(Float(bitPattern: try fixed(UInt32.self, bytes, type))), type))
        case .float8: .real(try storable(Double(bitPattern: try fixed(UInt64.self, bytes, type)), type))
        case .numeric: try numericBinary(bytes)
        case .bytea, .unspecified: .bytes(bytes)
        case .uuid: .text(try uuidBinary(bytes))
        case .date, .time, .timestamp, .timestamptz: .text(try datetimeBinary(bytes, type))
        case .interval: .text(ByteBuffer(string: try intervalBinary(bytes).text))
        case .jsonb: .text(try jsonbBinary(bytes))
        case .pgLSN:
            .text(ByteBuffer(string: LogSequenceNumber(try fixed(UInt64.self, bytes, type)).description))
        case .text, .varchar, .bpchar, .name, .json, .unknown: .text(try validated(bytes))
        default:
            throw PostgresError(
                code: .featureNotSupported, message: "binary format is not supported for parameters of \(type)",
                hint: "Send the parameter as text.")
        }
    }

    private static func fixed<T: FixedWidthInteger>(
        _: T.Type, _ bytes: ByteBuffer, _ type: PostgresType
    ) throws(PostgresError) -> T {
        guard bytes.readableBytes == MemoryLayout<T>.size, let value: T = bytes.getInteger(at: bytes.readerIndex)
        else { throw .invalidBinary(type) }
        return value
    }

    private static func numericBinary(_ bytes: ByteBuffer) throws(PostgresError) -> ParameterValue {
        guard let value = PostgresNumeric(binary: bytes) else { throw .invalidBinary(.numeric) }
        return try numeric(value.text)
    }

    private static func uuidBinary(_ bytes: ByteBuffer) throws(PostgresError) -> ByteBuffer {
        guard bytes.readableBytes == 16 else { throw .invalidBinary(.uuid) }
        return uuidText(bytes)
    }

    /// Microseconds, days, months.
    private static func intervalBinary(_ bytes: ByteBuffer) throws(PostgresError) -> PostgresInterval {
        var bytes = bytes
        guard bytes.readableBytes == 16,
            let (microseconds, days, months) = bytes.readMultipleIntegers(as: (Int64, Int32, Int32).self)
        else { throw .invalidBinary(.interval) }
        return PostgresInterval(months: months, days: days, microseconds: microseconds)
    }

    /// jsonb's binary form is a version, 1, and the text.
    private static func jsonbBinary(_ bytes: ByteBuffer) throws(PostgresError) -> ByteBuffer {
        var bytes = bytes
        guard let version: UInt8 = bytes.readInteger(), version == 1 else { throw .invalidBinary(.jsonb) }
        return try validated(bytes)
    }

    private static func datetimeBinary(
        _ bytes: ByteBuffer, _ type: PostgresType
    ) throws(PostgresError) -> ByteBuffer {
        var text = ByteBuffer()
        switch type {
        case .date:
            let days = try fixed(Int32.self, bytes, type)
            if days == .max || days == .min { return infinity(isPositive: days > 0) }
            guard PostgresEpoch.days.contains(Int64(days)) else { throw .datetimeOverflow(type) }
            text.writeDate(days: Int64(days))
        case .time:
            let microseconds = try fixed(Int64.self, bytes, type)
            guard (0...CivilTime.microsecondsPerDay).contains(microseconds) else { throw .invalidBinary(type) }
            text.writeTimeOfDay(microseconds: microseconds)
        default:
            let microseconds = try fixed(Int64.self, bytes, type)
            if microseconds == .max || microseconds == .min { return infinity(isPositive: microseconds > 0) }
            guard PostgresEpoch.microseconds.contains(microseconds) else { throw .datetimeOverflow(type) }
            text.writeTimestamp(microseconds: microseconds)
        }
        return text
    }

    private static func infinity(isPositive: Bool) -> ByteBuffer {
        ByteBuffer(string: isPositive ? "infinity" : "-infinity")
    }
}

/// Which dates are taken: from the year 1 to the last that PostgreSQL's timestamps hold.
enum PostgresEpoch {
    static let days = CivilTime.days(year: 1, month: 1, day: 1)...CivilTime.days(year: 294_276, month: 12, day: 31)
    static let microseconds =
        days.lowerBound * CivilTime.microsecondsPerDay...days.upperBound * CivilTime.microsecondsPerDay
        + CivilTime.microsecondsPerDay - 1
}
