import NIOCore
import Testing

@testable import PostgresWire

/// Values of SQLite in the row of a result.
@Suite struct ResultValueTests {
    enum Stored {
        case integer(Int64)
        case real(Double)
        case text(String)
        case blob([UInt8])
    }

    /// The bytes of one value in a row.
    private func encode(_ value: Stored, _ type: PostgresType, _ format: FormatCode) throws -> ByteBuffer? {
        var messages = BackendMessages()
        messages.beginDataRow(columns: 1)
        switch value {
        case .integer(let integer): try messages.write(integer: integer, as: type, format)
        case .real(let real): try messages.write(real: real, as: type, format)
        case .text(let text):
            try ByteBuffer(string: text).withUnsafeReadableBytes { try messages.write(text: $0, as: type, format) }
        case .blob(let blob):
            try ByteBuffer(bytes: blob).withUnsafeReadableBytes { try messages.write(blob: $0, as: type, format) }
        }
        try messages.endDataRow()
        guard case .dataRow(let values) = try decodeBackend(messages.take()).first else { return nil }
        return values.first ?? nil
    }

    static let texts: [(Stored, PostgresType, String)] = [
        (.integer(5), .int8, "5"), (.integer(1), .bool, "t"), (.integer(0), .bool, "f"), (.integer(7), .text, "7"),
        (.real(1.5), .float8, "1.5"), (.real(1), .float8, "1.0"), (.real(.infinity), .float8, "Infinity"),
        (.real(0.1), .float4, "0.1"), (.text("x"), .text, "x"), (.text("abc"), .int8, "abc"),
        (.text("ab"), .bytea, "\\x6162"), (.blob([0, 0xAB]), .bytea, "\\x00ab"), (.blob([1]), .text, "\\x01"),
        (.blob(Array(repeating: 0x22, count: 16)), .uuid, "22222222-2222-2222-2222-222222222222"),
        (.text("2024-01-02T03:04:05Z"), .timestamp, "2024-01-02 03:04:05"),
        (.text("2024-01-02 03:04:05"), .timestamptz, "2024-01-02 03:04:05+00"),
        (.text("2024-01-02 03:04:05+01"), .timestamptz, "2024-01-02 02:04:05+00"),
        (.text("soon"), .timestamptz, "soon"), (.text("2024-01-02"), .date, "2024-01-02"),
    ]

    @Test(arguments: texts.indices) func inTextFormat(_ index: Int) throws {
        let (value, type, text) = Self.texts[index]
        #expect(try encode(value, type, .text) == ByteBuffer(string: text))
    }

    static let binaries: [(Stored, PostgresType, [UInt8])] = [
        (.integer(-2), .int2, [0xFF, 0xFE]), (.integer(256), .int4, [0, 0, 1, 0]),
        (.integer(1), .int8, [0, 0, 0, 0, 0, 0, 0, 1]), (.integer(2), .bool, [1]),
        (.integer(1), .float8, [0x3F, 0xF0, 0, 0, 0, 0, 0, 0]), (.integer(4_294_967_295), .oid, [255, 255, 255, 255]),
        (.integer(-30_000), .numeric, [0, 1, 0, 1, 0x40, 0, 0, 0, 0, 3]), (.integer(12), .text, [0x31, 0x32]),
        (.integer(0), .numeric, [0, 0, 0, 0, 0, 0, 0, 0]),
        (.real(1.5), .float4, [0x3F, 0xC0, 0, 0]), (.real(2), .int2, [0, 2]),
        (.real(12.5), .numeric, [0, 2, 0, 0, 0, 0, 0, 1, 0, 12, 0x13, 0x88]),
        (.text("12.50"), .numeric, [0, 2, 0, 0, 0, 0, 0, 2, 0, 12, 0x13, 0x88]),
        // 0.0001 is the digit 1 of weight -1
        (.text("0.0001"), .numeric, [0, 1, 0xFF, 0xFF, 0, 0, 0, 4, 0, 1]),
        (.text("7"), .int2, [0, 7]), (.text("yes"), .bool, [1]), (.text("ab"), .text, [0x61, 0x62]),
        (.text("[]"), .jsonb, [1, 0x5B, 0x5D]), (.text("a"), .bytea, [0x61]), (.blob([9]), .bytea, [9]),
        (.text("22222222-2222-2222-2222-222222222222"), .uuid, Array(repeating: 0x22, count: 16)),
        (.blob(Array(repeating: 0x22, count: 16)), .uuid, Array(repeating: 0x22, count: 16)),
        (.text("2000-03-01"), .date, [0, 0, 0, 60]),
        (.text("00:00:01.000001"), .time, [0, 0, 0, 0, 0, 0x0F, 0x42, 0x41]),
        (.text("1999-12-31 23:59:59.999999"), .timestamp, Array(repeating: 255, count: 8)),
        (.text("2000-01-01 01:00:00+01"), .timestamptz, Array(repeating: 0, count: 8)),
        // Numbers are seconds since 1970 and Julian days.
        (.integer(946_684_801), .timestamp, [0, 0, 0, 0, 0, 0x0F, 0x42, 0x40]),
        (.integer(946_684_799), .date, [255, 255, 255, 255]),
        (.real(2_451_544.5), .timestamptz, [0, 0, 0, 0, 0, 0, 0, 0]),
        (.real(2_451_605), .date, [0, 0, 0, 60]),
        (.text("infinity"), .timestamp, [0x7F, 255, 255, 255, 255, 255, 255, 255]),
        (.text("-infinity"), .date, [0x80, 0, 0, 0]),
    ]

    @Test(arguments: binaries.indices) func inBinaryFormat(_ index: Int) throws {
        let (value, type, bytes) = Self.binaries[index]
        #expect(try encode(value, type, .binary) == ByteBuffer(bytes: bytes))
    }

    static let arrays: [([String?], PostgresType, [UInt8])] = [
        // No dimension, no NULL, the element's type.
        ([], .int4, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 23]),
        // One dimension, with NULLs; of 2 elements, the first of number 1; 4 bytes, then NULL.
        (
            ["7", nil], .int4,
            [
                0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 23, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 7, 255, 255, 255, 255,
            ]
        ),
        (["ab"], .text, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0x61, 0x62]),
    ]

    @Test(arguments: arrays.indices) func arraysInBinaryFormat(_ index: Int) throws {
        let (elements, type, bytes) = Self.arrays[index]
        var messages = BackendMessages()
        messages.beginDataRow(columns: 1)
        try messages.write(binaryArray: elements, of: type)
        try messages.endDataRow()
        guard case .dataRow(let values) = try decodeBackend(messages.take()).first else {
            Issue.record("no row")
            return
        }
        #expect(values == [ByteBuffer(bytes: bytes)])
    }

    static let refused: [(Stored, PostgresType, SQLState)] = [
        (.integer(32_768), .int2, .numericValueOutOfRange), (.integer(-1), .oid, .numericValueOutOfRange),
        (.integer(.max), .timestamp, .numericValueOutOfRange), (.integer(1), .uuid, .invalidBinaryRepresentation),
        (.real(1.5), .int8, .invalidBinaryRepresentation), (.real(1e300), .float4, .numericValueOutOfRange),
        (.real(1), .bool, .invalidBinaryRepresentation), (.text("abc"), .int8, .invalidBinaryRepresentation),
        (.text("99999"), .int2, .numericValueOutOfRange), (.text("x"), .numeric, .invalidBinaryRepresentation),
        (.text("x"), .timestamp, .invalidBinaryRepresentation), (.text("x"), .uuid, .invalidBinaryRepresentation),
        (.text("2024-01-01 10:00:00"), .date, .invalidBinaryRepresentation),
        (.text("25:00:00"), .time, .invalidBinaryRepresentation), (.blob([1]), .int8, .invalidBinaryRepresentation),
        (.blob([1]), .uuid, .invalidBinaryRepresentation), (.text("{}"), PostgresType(oid: 1007), .featureNotSupported),
    ]

    @Test(arguments: refused.indices) func aValueOfAnotherTypeIsNoBinary(_ index: Int) {
        let (value, type, code) = Self.refused[index]
        let error = #expect(throws: PostgresError.self) { try encode(value, type, .binary) }
        #expect(error?.code == code)
    }

    /// What is sent in binary is read back as the same value.
    @Test func binaryTimestampsComeBack() throws {
        for seed in 0..<2_000 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let microseconds = Int64.random(in: PostgresEpoch.microseconds, using: &generator)
            var text = ByteBuffer()
            text.writeTimestamp(microseconds: microseconds)
            let binary = try encode(.text(String(buffer: text)), .timestamp, .binary)
            #expect(binary?.getInteger(at: 0, as: Int64.self) == microseconds, "seed \(seed)")
            #expect(try ParameterValue(decoding: binary, type: .timestamp, format: .binary) == .text(text))
        }
    }

    @Test func numericsComeBack() throws {
        for text in [
            "0", "1", "-1", "10000", "9999.9999", "0.00000001", "123456789012345678901234567890.12345", "-0.5",
            "100.00",
        ] {
            let numeric = try #require(PostgresNumeric(text: text))
            var binary = ByteBuffer()
            numeric.write(to: &binary)
            #expect(PostgresNumeric(binary: binary)?.text == text)
        }
        #expect(PostgresNumeric(text: "1.5e3")?.text == "1500")
        #expect(PostgresNumeric(text: "1.5e-3")?.text == "0.0015")
        #expect(PostgresNumeric(text: "-0.000")?.text == "0.000")
    }

    @Test func typesHaveTheirNamesAndSizes() {
        #expect(PostgresType.int8.description == "int8")
        #expect(PostgresType.int8.size == 8)
        #expect(PostgresType.text.size == -1)
        #expect(PostgresType(oid: 99).description == "type 99")
    }
}
