import CPQ
import Foundation
import TandemTransactions

/// Reads values in text format.
enum TextValue {
    /// Nil where the text is none of the type.
    static func value(_ text: String, of type: Oid) -> SQLValue? {
        switch type {
        case PostgresType.int8, PostgresType.int4, PostgresType.int2, PostgresType.oid:
            Int64(text).map(SQLValue.integer)
        case PostgresType.bool: boolean(text)
        case PostgresType.float8: real(text)
        case PostgresType.float4: Float(text).map { .real(Double($0)) }
        case PostgresType.numeric: NumericText.decimal(text).map(SQLValue.decimal)
        case PostgresType.bytea: ByteaText.data(text).map(SQLValue.bytes)
        case PostgresType.timestamp, PostgresType.timestamptz: timestamp(text)
        case PostgresType.uuid: UUID(uuidString: text).map(SQLValue.uuid)
        case PostgresType.json, PostgresType.jsonb: .json(text)
        default: .text(text)
        }
    }

    private static func boolean(_ text: String) -> SQLValue? {
        switch text {
        case "t", "true", "1": .boolean(true)
        case "f", "false", "0": .boolean(false)
        default: nil
        }
    }

    private static func real(_ text: String) -> SQLValue? {
        switch text {
        case "NaN": .real(.nan)
        case "Infinity": .real(.infinity)
        case "-Infinity": .real(-.infinity)
        default: Double(text).map(SQLValue.real)
        }
    }

    private static func timestamp(_ text: String) -> SQLValue? {
        switch text {
        case "infinity": .timestamp(.distantFuture)
        case "-infinity": .timestamp(.distantPast)
        default: TimestampText.date(text).map(SQLValue.timestamp)
        }
    }
}
