import Glibc
import NIOCore

extension ParameterValue {
    static func decodeText(_ bytes: ByteBuffer, _ type: PostgresType) throws(PostgresError) -> ParameterValue {
        switch type {
        case .int2: .integer(Int64(try integer(Int16.self, bytes, type)))
        case .int4: .integer(Int64(try integer(Int32.self, bytes, type)))
        case .int8: .integer(try integer(Int64.self, bytes, type))
        case .oid: .integer(Int64(try integer(UInt32.self, bytes, type)))
        case .bool: .integer(try boolean(bytes))
        case .float4, .float8: .real(try real(bytes, type))
        case .numeric: try numeric(trimmed(bytes))
        case .bytea: .bytes(try bytea(try withoutZero(bytes)))
        case .uuid: .text(try uuid(bytes))
        case .pgLSN: .text(try position(bytes))
        case .date, .time, .timestamp, .timestamptz: .text(try datetime(bytes, type))
        case .interval: .text(try interval(bytes))
        default: .text(try validated(bytes))
        }
    }

    private static func interval(_ bytes: ByteBuffer) throws(PostgresError) -> ByteBuffer {
        guard let interval = PostgresInterval(text: trimmed(bytes)) else {
            throw PostgresError(
                code: .invalidDatetimeFormat, message: "invalid input syntax for type interval",
                hint: "Write numbers with units, such as 1 day 02:03:04.", dataType: "interval")
        }
        return ByteBuffer(string: interval.text)
    }

    /// The text without white space at its ends; text that is not UTF-8 has none of the forms that are looked for.
    static func trimmed(_ bytes: ByteBuffer) -> Substring {
        var text = String(buffer: bytes)[...]
        while let last = text.utf8.last, isSpace(last) { text = text.dropLast() }
        return Substring(text.utf8.drop(while: isSpace))
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func integer<T: FixedWidthInteger>(
        _: T.Type, _ bytes: ByteBuffer, _ type: PostgresType
    ) throws(PostgresError) -> T {
        if let value = digits(bytes), let value = T(exactly: value) { return value }
        let text = trimmed(bytes)
        if let value = T(text) { return value }
        // A number of digits only that did not fit, or no number at all.
        let digits =
            text.utf8.first == UInt8(ascii: "-") || text.utf8.first == UInt8(ascii: "+")
            ? text.utf8.dropFirst() : text.utf8[...]
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { throw .invalidText(type) }
        throw .outOfRange(type)
    }

    /// Up to 18 digits and nothing else, as numbers mostly come.
    private static func digits(_ bytes: ByteBuffer) -> Int64? {
        bytes.withUnsafeReadableBytes { bytes in
            guard (1...18).contains(bytes.count) else { return nil }
            var value: Int64 = 0
            for byte in bytes {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return value
        }
    }

    private static func boolean(_ bytes: ByteBuffer) throws(PostgresError) -> Int64 {
        guard let value = PostgresBoolean.parse(trimmed(bytes).utf8) else { throw .invalidText(.bool) }
        return value ? 1 : 0
    }

    private static func real(_ bytes: ByteBuffer, _ type: PostgresType) throws(PostgresError) -> Double {
        let text = trimmed(bytes)
        guard !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }) else { throw .invalidText(type) }
        guard let value = Double(text) else { throw .invalidText(type) }
        return try storable(value, type)
    }

    /// SQLite would turn NaN into NULL without a word.
    static func storable(_ value: Double, _ type: PostgresType) throws(PostgresError) -> Double {
        guard !value.isNaN else {
            throw PostgresError(
                code: .numericValueOutOfRange, message: "NaN of type \(type) cannot be stored",
                hint: "SQLite has no NaN: send NULL instead.", dataType: type.description)
        }
        return value
    }

    static func numeric(_ text: some StringProtocol) throws(PostgresError) -> ParameterValue {
        guard let decimal = DecimalText(text) else {
            guard let special = PostgresNumeric(text: text) else { throw .invalidText(.numeric) }
            return .text(special.text)
        }
        if decimal.isPlainInteger, let value = Int64(text) { return .integer(value) }
        if decimal.significantDigits <= 15, let value = Double(text), value.isFinite { return .real(value) }
        return .text(String(text))
    }

    private static func bytea(_ bytes: ByteBuffer) throws(PostgresError) -> ByteBuffer {
        guard let value = bytes.withUnsafeReadableBytes({ ByteaText.parse($0) }) else { throw .invalidText(.bytea) }
        return value
    }

    private static func uuid(_ bytes: ByteBuffer) throws(PostgresError) -> ByteBuffer {
        guard let value = bytes.withUnsafeReadableBytes({ UUIDText.parse($0) }) else { throw .invalidText(.uuid) }
        return uuidText(value)
    }

    /// As nodes write it, or its text could not be compared with theirs.
    private static func position(_ bytes: ByteBuffer) throws(PostgresError) -> ByteBuffer {
        guard let position = LogSequenceNumber(String(trimmed(bytes))) else { throw .invalidText(.pgLSN) }
        return ByteBuffer(string: position.description)
    }

    static func uuidText(_ bytes: ByteBuffer) -> ByteBuffer {
        var text = ByteBuffer()
        bytes.withUnsafeReadableBytes { text.writeUUIDText($0) }
        return text
    }

    /// Text must be UTF-8: a client that sends anything else would find its rows unreadable for all others.
    static func validated(_ bytes: ByteBuffer) throws(PostgresError) -> ByteBuffer {
        guard UTF8Check.isValid(bytes) else { throw .invalidUTF8 }
        return try withoutZero(bytes)
    }

    /// No text holds a zero, in PostgreSQL either: SQLite's functions and other programs would end it there.
    private static func withoutZero(_ bytes: ByteBuffer) throws(PostgresError) -> ByteBuffer {
        let hasZero = bytes.withUnsafeReadableBytes { bytes in
            bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
        }
        guard !hasZero else { throw .zeroInText }
        return bytes
    }
}

// MARK: Dates and times

extension ParameterValue {
    private static func datetime(_ bytes: ByteBuffer, _ type: PostgresType) throws(PostgresError) -> ByteBuffer {
        let text = trimmed(bytes)
        if type != .time, let infinity = infinity(text) { return infinity }
        var copy = ByteBuffer(substring: text)
        if type == .time {
            guard let time = copy.withUnsafeReadableBytes({ CivilTime.parseTimeOfDay($0) }) else {
                throw .invalidDatetime(type)
            }
            copy.clear()
            copy.writeTimeOfDay(microseconds: time)
            return copy
        }
        guard let moment = copy.withUnsafeReadableBytes({ CivilTime.parseMoment($0) }) else {
            throw .invalidDatetime(type)
        }
        let written = type == .timestamptz ? moment.utc : moment.microseconds
        guard PostgresEpoch.microseconds.contains(written) else { throw .datetimeOverflow(type) }
        copy.clear()
        switch type {
        case .date: copy.writeTimestampDate(written)
        default: copy.writeTimestamp(microseconds: written)
        }
        return copy
    }

    private static func infinity(_ text: Substring) -> ByteBuffer? {
        switch text.lowercased() {
        case "infinity", "+infinity": ByteBuffer(string: "infinity")
        case "-infinity": ByteBuffer(string: "-infinity")
        default: nil
        }
    }
}

extension ByteBuffer {
    /// Writes the date of a moment after the year 1, without its time of day.
    fileprivate mutating func writeTimestampDate(_ microseconds: Int64) {
        let day = CivilTime.microsecondsPerDay
        writeDate(days: microseconds >= 0 ? microseconds / day : (microseconds - day + 1) / day)
    }
}
