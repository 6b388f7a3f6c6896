import CPQ
import Foundation
import TandemTransactions

/// How a column's values are read: by its type, in text or in binary format, both to the same value.
struct ValueDecoding {
    private let type: Oid
    private let isBinary: Bool

    init(type: Oid, isBinary: Bool) {
        self.type = type
        self.isBinary = isBinary
    }

    /// Whether values of the type are read in binary format; all others come as text.
    static func knowsBinary(_ type: Oid) -> Bool {
        switch type {
        case PostgresType.bool, PostgresType.bytea, PostgresType.char, PostgresType.name, PostgresType.int8,
            PostgresType.int2, PostgresType.int4, PostgresType.text, PostgresType.oid, PostgresType.json,
            PostgresType.float4, PostgresType.float8, PostgresType.unknown, PostgresType.bpchar,
            PostgresType.varchar, PostgresType.date, PostgresType.time, PostgresType.timestamp,
            PostgresType.timestamptz, PostgresType.numeric, PostgresType.uuid, PostgresType.jsonb:
            true
        default: false
        }
    }

    /// A value; text as it is where it is not what its type promises, as SQLite's may be. Nil for bytes that cannot be
    /// read at all.
    func value(_ bytes: UnsafeRawBufferPointer) -> SQLValue? {
        if isBinary { return BinaryValue(bytes).value(of: type) }
        let text = String(decoding: bytes, as: UTF8.self)
        return TextValue.value(text, of: type) ?? .text(text)
    }
}
