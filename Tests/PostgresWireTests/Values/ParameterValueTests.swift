import NIOCore
import Testing

@testable import PostgresWire

@Suite struct ParameterValueTests {
    private func decode(_ text: String, _ type: PostgresType) throws(PostgresError) -> ParameterValue {
        try ParameterValue(decoding: ByteBuffer(string: text), type: type, format: .text)
    }

    private func decode(_ bytes: [UInt8], _ type: PostgresType) throws(PostgresError) -> ParameterValue {
        try ParameterValue(decoding: ByteBuffer(bytes: bytes), type: type, format: .binary)
    }

    @Test func nullIsNullOfAnyType() throws {
        #expect(try ParameterValue(decoding: nil, type: .int8, format: .binary) == .null)
        #expect(try ParameterValue(decoding: nil, type: .text, format: .text) == .null)
    }

    static let texts: [(String, PostgresType, ParameterValue)] = [
        ("12", .int2, .integer(12)), (" -7\n", .int4, .integer(-7)),
        ("-9223372036854775808", .int8, .integer(.min)), ("+5", .int8, .integer(5)),
        ("4294967295", .oid, .integer(4_294_967_295)),
        ("t", .bool, .integer(1)), ("TRUE", .bool, .integer(1)), ("of", .bool, .integer(0)), ("no", .bool, .integer(0)),
        ("1.5", .float8, .real(1.5)), ("1e3", .float4, .real(1000)), ("-Infinity", .float8, .real(-.infinity)),
        ("12", .numeric, .integer(12)), ("12.50", .numeric, .real(12.5)),
        ("0.12345678901234567890", .numeric, .text("0.12345678901234567890")),
        ("99999999999999999999", .numeric, .text("99999999999999999999")), ("NaN", .numeric, .text("NaN")),
        ("x'ü", .text, .text("x'ü")), ("x", .varchar, .text("x")), ("7", .unspecified, .text("7")),
        ("{\"a\":1}", .json, .text("{\"a\":1}")), ("[1]", .jsonb, .text("[1]")),
        ("\\x00ff 1A", .bytea, .bytes(ByteBuffer(bytes: [0, 255, 0x1A]))),
        ("a\\\\b\\001", .bytea, .bytes(ByteBuffer(bytes: [0x61, 0x5C, 0x62, 1]))), ("", .bytea, .bytes(ByteBuffer())),
        (
            "{A0EEBC99-9C0B4EF8-BB6D6BB9BD380A11}", .uuid, .text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")
        ),
        ("0/a", .pgLSN, .text("0/0000000A")), (" 16/B374D848 ", .pgLSN, .text("16/B374D848")),
        ("2024-02-29", .date, .text("2024-02-29")), ("2024-02-29 10:00", .date, .text("2024-02-29")),
        ("2024-02-29 +00", .date, .text("2024-02-29")), ("2024-02-29+01", .date, .text("2024-02-29")),
        ("08:09:10.5", .time, .text("08:09:10.5")),
        ("2024-02-29T08:09:10.123456", .timestamp, .text("2024-02-29 08:09:10.123456")),
        ("2024-02-29 08:09:10+02", .timestamp, .text("2024-02-29 08:09:10")),
        ("2024-01-01 00:30:00.100+01:30", .timestamptz, .text("2023-12-31 23:00:00.1")),
        ("2024-01-01", .timestamptz, .text("2024-01-01 00:00:00")), ("infinity", .timestamp, .text("infinity")),
        ("{1,2}", PostgresType(oid: 1007), .text("{1,2}")),
    ]

    @Test(arguments: texts.indices) func textIsDecoded(_ index: Int) throws {
        let (text, type, value) = Self.texts[index]
        #expect(try decode(text, type) == value)
    }

    @Test(arguments: [PostgresType.text, .varchar, .json, .jsonb, .bytea, .unspecified])
    func noTextHoldsTheCharacterZero(_ type: PostgresType) {
        for text in ["\0", "a\0", "a\0b", "12345678\u{0}"] {
            let error = #expect(throws: PostgresError.self) { try decode(text, type) }
            #expect(error?.code == .characterNotInRepertoire, "\(type)")
        }
        guard type != .bytea, type != .unspecified else { return }
        let binary: [UInt8] = (type == .jsonb ? [1] : []) + [0x61, 0, 0x62]
        let error = #expect(throws: PostgresError.self) { try decode(binary, type) }
        #expect(error?.code == .characterNotInRepertoire, "\(type)")
    }

    static let badTexts: [(String, PostgresType, SQLState)] = [
        ("", .int4, .invalidTextRepresentation), ("1.0", .int4, .invalidTextRepresentation),
        ("-", .int4, .invalidTextRepresentation), ("32768", .int2, .numericValueOutOfRange),
        ("99999999999999999999", .int8, .numericValueOutOfRange), ("-1", .oid, .numericValueOutOfRange),
        ("o", .bool, .invalidTextRepresentation), ("truest", .bool, .invalidTextRepresentation),
        ("", .float8, .invalidTextRepresentation), ("0x10", .float8, .invalidTextRepresentation),
        ("NaN", .float8, .numericValueOutOfRange), ("1.2.3", .numeric, .invalidTextRepresentation),
        ("1e9999999", .numeric, .invalidTextRepresentation), ("\\x1", .bytea, .invalidTextRepresentation),
        ("\\9", .bytea, .invalidTextRepresentation), ("a0eebc99", .uuid, .invalidTextRepresentation),
        ("", .pgLSN, .invalidTextRepresentation), ("0/", .pgLSN, .invalidTextRepresentation),
        ("0/+1", .pgLSN, .invalidTextRepresentation),
        ("2023-02-29", .date, .invalidDatetimeFormat), ("yesterday", .timestamp, .invalidDatetimeFormat),
        ("2024-02-29T", .date, .invalidDatetimeFormat), ("2024-02-29 x", .date, .invalidDatetimeFormat),
        ("25:00", .time, .invalidDatetimeFormat), ("2024-01-01 24:00:01", .timestamp, .invalidDatetimeFormat),
        ("0001-01-01 00:00:00+01", .timestamptz, .datetimeFieldOverflow),
    ]

    @Test(arguments: badTexts.indices) func textThatIsNotOfTheTypeIsRefused(_ index: Int) {
        let (text, type, code) = Self.badTexts[index]
        let error = #expect(throws: PostgresError.self) { try decode(text, type) }
        #expect(error?.code == code)
        #expect(text.count < 4 || error?.message.contains(text) == false, "the message holds the value")
    }

    @Test func textMustBeUTF8() {
        let malformed: [[UInt8]] = [
            [0xFF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x61, 0xC3],
            [0xF0, 0x9F, 0x98, 0x40],
        ]
        for bytes in malformed {
            let buffer = ByteBuffer(string: "12345678").appending(bytes)
            let error = #expect(throws: PostgresError.self) {
                try ParameterValue(decoding: buffer, type: .text, format: .text)
            }
            #expect(error?.code == .characterNotInRepertoire)
            #expect(String(validating: bytes, as: UTF8.self) == nil)
        }
    }

    @Test func theUTF8CheckAgreesWithTheStandardLibrary() {
        for seed in 0..<10_000 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let interesting: [UInt8] = [
                0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC2, 0xE0, 0xE1, 0xED, 0xF0, 0xF4,
            ]
            let bytes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                interesting.randomElement(using: &generator) ?? 0
            }
            #expect(
                UTF8Check.isValid(ByteBuffer(bytes: bytes)) == (String(validating: bytes, as: UTF8.self) != nil),
                "seed \(seed)")
        }
    }

    static let binaries: [([UInt8], PostgresType, ParameterValue)] = [
        ([0xFF, 0xFE], .int2, .integer(-2)), ([0, 0, 1, 0], .int4, .integer(256)),
        ([0x80, 0, 0, 0, 0, 0, 0, 0], .int8, .integer(.min)), ([255, 255, 255, 255], .oid, .integer(4_294_967_295)),
        ([1], .bool, .integer(1)), ([0], .bool, .integer(0)),
        ([0x3F, 0xC0, 0, 0], .float4, .real(1.5)), ([0x3F, 0xF8, 0, 0, 0, 0, 0, 0], .float8, .real(1.5)),
        // two digits, weight 0, positive, scale 2: 12 and 5000 behind the point, shown as 12.50
        ([0, 2, 0, 0, 0, 0, 0, 2, 0, 12, 0x13, 0x88], .numeric, .real(12.5)),
        // one digit, weight 1, negative, scale 0: -3 * 10,000
        ([0, 1, 0, 1, 0x40, 0, 0, 0, 0, 3], .numeric, .integer(-30_000)),
        ([0, 1, 2], .bytea, .bytes(ByteBuffer(bytes: [0, 1, 2]))),
        ([0x61], .text, .text("a")), ([1, 0x5B, 0x5D], .jsonb, .text("[]")),
        (Array(repeating: 0x11, count: 16), .uuid, .text("11111111-1111-1111-1111-111111111111")),
        ([0, 0, 0, 0x16, 0xB3, 0x74, 0xD8, 0x48], .pgLSN, .text("16/B374D848")),
        // days and microseconds since 2000-01-01
        ([0, 0, 0, 60], .date, .text("2000-03-01")), ([255, 255, 255, 255], .date, .text("1999-12-31")),
        ([0, 0, 0, 0, 0, 0x0F, 0x42, 0x41], .time, .text("00:00:01.000001")),
        ([255, 255, 255, 255, 255, 255, 255, 255], .timestamp, .text("1999-12-31 23:59:59.999999")),
        ([0, 0, 0, 0, 0, 0, 0, 0], .timestamptz, .text("2000-01-01 00:00:00")),
        ([0x7F, 255, 255, 255, 255, 255, 255, 255], .timestamp, .text("infinity")),
        ([0x80, 0, 0, 0], .date, .text("-infinity")), ([9, 8], .unspecified, .bytes(ByteBuffer(bytes: [9, 8]))),
    ]

    @Test(arguments: binaries.indices) func binaryIsDecoded(_ index: Int) throws {
        let (bytes, type, value) = Self.binaries[index]
        #expect(try decode(bytes, type) == value)
    }

    @Test(arguments: binaries.indices) func binaryOfAnotherLengthIsRefused(_ index: Int) {
        let (bytes, type, _) = Self.binaries[index]
        guard ![.text, .bytea, .jsonb, .unspecified].contains(type) else { return }
        for wrong in [Array(bytes.dropLast()), bytes + [0], []] {
            let error = #expect(throws: PostgresError.self) { try decode(wrong, type) }
            #expect(error?.code == .invalidBinaryRepresentation)
        }
    }

    @Test func otherBinaryIsRefused() {
        let refused: [([UInt8], PostgresType, SQLState)] = [
            ([0x7F, 0xC0, 0, 0], .float4, .numericValueOutOfRange),  // NaN
            ([2, 0x5B], .jsonb, .invalidBinaryRepresentation),  // version 2
            ([0xFF], .text, .characterNotInRepertoire),
            ([0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x10], .numeric, .invalidBinaryRepresentation),  // digit 10,000
            ([0x80, 0, 0, 0, 0, 0, 0, 1], .timestamp, .datetimeFieldOverflow),
            ([0x80, 0, 0, 1], .date, .datetimeFieldOverflow),
            ([255, 255, 255, 255, 255, 255, 255, 255], .time, .invalidBinaryRepresentation),
            ([0], PostgresType(oid: 1007), .featureNotSupported),
        ]
        for (bytes, type, code) in refused {
            let error = #expect(throws: PostgresError.self) { try decode(bytes, type) }
            #expect(error?.code == code, "\(type)")
        }
    }

    @Test func randomBytesOfAnyTypeNeverTrap() {
        let types: [PostgresType] = [
            .bool, .bytea, .int2, .int4, .int8, .text, .oid, .json, .jsonb, .float4, .float8, .date, .time,
            .timestamp, .timestamptz, .numeric, .uuid, .pgLSN, .unspecified,
        ]
        let characters = Array("0123456789-+:. TZeEnNaAiIfF\\x{}".utf8)
        for seed in 0..<10_000 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let isText = Bool.random(using: &generator)
            let bytes = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
                isText
                    ? characters.randomElement(using: &generator) ?? 0 : UInt8.random(in: 0...255, using: &generator)
            }
            for type in types.shuffled(using: &generator).prefix(4) {
                for format in [FormatCode.text, .binary] {
                    _ = try? ParameterValue(decoding: ByteBuffer(bytes: bytes), type: type, format: format)
                }
            }
        }
    }
}

extension ByteBuffer {
    fileprivate func appending(_ bytes: [UInt8]) -> ByteBuffer {
        var copy = self
        copy.writeBytes(bytes)
        return copy
    }
}
