import CPQ
import Foundation
import TandemTransactions

/// Reads values in binary format, as the types' `send` functions write them.
struct BinaryValue {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Nil where the bytes are none of the type.
    func value(of type: Oid) -> SQLValue? {
        switch type {
        case PostgresType.int8: integer(Int64.self).map(SQLValue.integer)
        case PostgresType.int4: integer(Int32.self).map { .integer(Int64($0)) }
        case PostgresType.int2: integer(Int16.self).map { .integer(Int64($0)) }
        case PostgresType.oid: integer(UInt32.self).map { .integer(Int64($0)) }
        case PostgresType.bool: integer(UInt8.self).map { .boolean($0 != 0) }
        case PostgresType.float8: integer(UInt64.self).map { .real(Double(bitPattern: $0)) }
        case PostgresType.float4: integer(UInt32.self).map { .real(Double(Float(bitPattern: $0))) }
        case PostgresType.numeric: BinaryNumeric(bytes)?.value
        case PostgresType.bytea: .bytes(Data(bytes))
        case PostgresType.timestamp, PostgresType.timestamptz: integer(Int64.self).map(timestamp)
        case PostgresType.date: integer(Int32.self).map { .text(CalendarText.date($0)) }
        case PostgresType.time: integer(Int64.self).map { .text(CalendarText.time($0)) }
        case PostgresType.uuid:
            bytes.count == 16 ? .uuid(UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))) : nil
        case PostgresType.json: .json(String(decoding: bytes, as: UTF8.self))
        // The version of the format, 1, stands before the text.
        case PostgresType.jsonb:
            bytes.first == 1
                ? .json(String(decoding: UnsafeRawBufferPointer(rebasing: bytes[1...]), as: UTF8.self)) : nil
        default: ValueDecoding.knowsBinary(type) ? .text(String(decoding: bytes, as: UTF8.self)) : nil
        }
    }

    private func integer<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
        bytes.count == MemoryLayout<Number>.size ? Number(bigEndian: bytes.loadUnaligned(as: Number.self)) : nil
    }

    /// Microseconds since the year 2000.
    private func timestamp(_ microseconds: Int64) -> SQLValue {
        switch microseconds {
        case .max: return .timestamp(.distantFuture)
        case .min: return .timestamp(.distantPast)
        default:
            // Whole seconds and their fraction apart, as they are read from text: both forms give the same Date.
            var (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
            if fraction < 0 {
                seconds -= 1
                fraction += 1_000_000
            }
            return .timestamp(
                TimestampText.date(
                    seconds: Int(seconds + CalendarText.secondsFrom1970To2000),
                    fraction: Double(fraction) / 1_000_000))
        }
    }
}
