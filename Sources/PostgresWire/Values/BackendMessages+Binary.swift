import NIOCore

extension BackendMessages {
    mutating func writeBinary(integer value: Int64, _ type: PostgresType) throws(PostgresError) {
        switch type {
        case .int8: write(binary: value)
        case .int4: write(binary: try Self.narrow(value, to: Int32.self, type))
        case .int2: write(binary: try Self.narrow(value, to: Int16.self, type))
        case .oid: write(binary: try Self.narrow(value, to: UInt32.self, type))
        case .bool: write(binary: value == 0 ? 0 as UInt8 : 1)
        case .float8: write(binary: Double(value).bitPattern)
        case .float4: write(binary: Float(value).bitPattern)
        case .numeric: try writeNumeric(String(value), "integer")
        case _ where type.isMoment:
            guard let moment = CivilTime.microseconds(unixSeconds: value) else { throw .outOfRange(type) }
            writeBinary(moment: moment, type)
        case _ where type.isTextual: write(decimal: value)
        default: throw .cannotSend("integer", as: type)
        }
    }

    mutating func writeBinary(real value: Double, _ type: PostgresType) throws(PostgresError) {
        switch type {
        case .float8: write(binary: value.bitPattern)
        case .float4:
            let narrow = Float(value)
            guard narrow.isFinite || !value.isFinite else { throw .outOfRange(type) }
            write(binary: narrow.bitPattern)
        case .numeric: try writeNumeric(Self.text(of: value, .float8), "real")
        case _ where type.isMoment:
            guard let moment = CivilTime.microseconds(julianDay: value) else { throw .outOfRange(type) }
            writeBinary(moment: moment, type)
        case .int2, .int4, .int8:
            guard let integer = Int64(exactly: value) else { throw .cannotSend("real", as: type) }
            try writeBinary(integer: integer, type)
        case _ where type.isTextual: write(string: Self.text(of: value, type))
        default: throw .cannotSend("real", as: type)
        }
    }

    mutating func writeBinary(text: UnsafeRawBufferPointer, _ type: PostgresType) throws(PostgresError) {
        switch type {
        case _ where type.isTextual: write(bytes: text)
        case .bytea: write(bytes: text)
        case .jsonb:
            writeValue(maximum: text.count + 1) {
                $0.writeInteger(1 as UInt8)
                $0.writeBytes(text)
            }
        case .int2, .int4, .int8, .oid, .bool, .float4, .float8, .numeric: try writeParsed(text, type)
        case .char: write(binary: text.first ?? 0)
        case .pgLSN:
            guard let position = LogSequenceNumber(String(decoding: text, as: UTF8.self)) else {
                throw .cannotSend("text", as: type)
            }
            write(binary: position.value)
        case .uuid:
            guard let bytes = UUIDText.parse(text) else { throw .cannotSend("text", as: type) }
            bytes.withUnsafeReadableBytes { write(bytes: $0) }
        case .date, .time, .timestamp, .timestamptz: try writeDatetime(text, type)
        case .interval:
            guard let interval = PostgresInterval(text: String(decoding: text, as: UTF8.self)) else {
                throw .cannotSend("text", as: type)
            }
            writeValue(maximum: 16) { $0.writeMultipleIntegers(interval.microseconds, interval.days, interval.months) }
        default:
            throw PostgresError(
                code: .featureNotSupported, message: "binary format is not supported for results of \(type)",
                hint: "Ask for text format.")
        }
    }

    private mutating func writeBinary(moment: Int64, _ type: PostgresType) {
        if type == .date {
            // The years are 1 to 9999.
            write(binary: Int32(truncatingIfNeeded: CivilTime.wholeDays(moment)))
        } else {
            write(binary: moment)
        }
    }

    private static func narrow<T: FixedWidthInteger>(
        _ value: Int64, to _: T.Type, _ type: PostgresType
    ) throws(PostgresError) -> T {
        guard let narrow = T(exactly: value) else { throw .outOfRange(type) }
        return narrow
    }

    private mutating func writeNumeric(_ text: String, _ kind: String) throws(PostgresError) {
        guard let numeric = PostgresNumeric(text: text) else { throw .cannotSend(kind, as: .numeric) }
        writeValue(maximum: 8 + numeric.digits.count * 2) { numeric.write(to: &$0) }
    }

    /// Text that reads as a number or boolean is sent as one: SQLite keeps such text in columns without affinity.
    private mutating func writeParsed(_ text: UnsafeRawBufferPointer, _ type: PostgresType) throws(PostgresError) {
        guard text.count <= PostgresNumeric.maximumTextLength else { throw .cannotSend("text", as: type) }
        let copy = ByteBuffer(bytes: text)
        let value: ParameterValue
        do throws(PostgresError) {
            value = try ParameterValue.decodeText(copy, type)
        } catch {
            throw error.code == .numericValueOutOfRange ? error : .cannotSend("text", as: type)
        }
        switch value {
        case _ where type == .numeric: try writeNumeric(String(ParameterValue.trimmed(copy)), "text")
        case .integer(let integer): try writeBinary(integer: integer, type)
        case .real(let real): try writeBinary(real: real, type)
        case .null, .text, .bytes: throw .cannotSend("text", as: type)
        }
    }

    private mutating func writeDatetime(_ text: UnsafeRawBufferPointer, _ type: PostgresType) throws(PostgresError) {
        if type == .time {
            guard let time = CivilTime.parseTimeOfDay(text) else { throw .cannotSend("text", as: type) }
            write(binary: time)
            return
        }
        if let isPositive = Self.infinity(text) {
            if type == .date {
                write(binary: isPositive ? Int32.max : .min)
            } else {
                write(binary: isPositive ? Int64.max : .min)
            }
            return
        }
        guard let moment = CivilTime.parseMoment(text) else { throw .cannotSend("text", as: type) }
        switch type {
        case .date:
            // A date must not lose a time of day that somebody stored.
            let (days, rest) = moment.microseconds.quotientAndRemainder(dividingBy: CivilTime.microsecondsPerDay)
            guard rest == 0, let narrow = Int32(exactly: days) else { throw .cannotSend("text", as: type) }
            write(binary: narrow)
        case .timestamptz: write(binary: moment.utc)
        default: write(binary: moment.microseconds)
        }
    }

    private static func infinity(_ text: UnsafeRawBufferPointer) -> Bool? {
        if text.elementsEqual("infinity".utf8) { return true }
        return text.elementsEqual("-infinity".utf8) ? false : nil
    }
}
