import Testing

@testable import TandemLog

@Suite struct ValueTests {
    static let vectors: [(Value, String)] = [
        (.null, "00"),
        (.integer(0), "01"),
        (.integer(1), "02"),
        (.integer(2), "03 02"),
        (.integer(-1), "03 ff"),
        (.integer(127), "03 7f"),
        (.integer(128), "04 80 00"),
        (.integer(-128), "03 80"),
        (.integer(-129), "04 7f ff"),
        (.integer(32767), "04 ff 7f"),
        (.integer(32768), "05 00 80 00"),
        (.integer(1 << 31), "07 00 00 00 80 00"),
        (.integer(.max), "0a ff ff ff ff ff ff ff 7f"),
        (.integer(.min), "0a 00 00 00 00 00 00 00 80"),
        (.real(0.5), "0b 00 00 00 00 00 00 e0 3f"),
        (.text(""), "40"),
        (.text("ab"), "42 61 62"),
        (.text("ü"), "42 c3 bc"),
        (.blob([]), "80"),
        (.blob([1, 2, 3]), "83 01 02 03"),
        (.text(String(repeating: "a", count: 63)), "7f" + String(repeating: " 61", count: 63)),
        (.text(String(repeating: "a", count: 64)), "0c 40" + String(repeating: " 61", count: 64)),
        (.blob([UInt8](repeating: 7, count: 64)), "0d 40" + String(repeating: " 07", count: 64)),
        (.blob([UInt8](repeating: 7, count: 300)), "0d ac 02" + String(repeating: " 07", count: 300)),
    ]

    private func encode(_ value: Value) -> [UInt8] {
        var buffer = RecordBuffer()
        buffer.write(value)
        return buffer.withUnsafeBytes { Array($0) }
    }

    private func decode(_ bytes: [UInt8]) throws -> Value {
        try bytes.withUnsafeBytes { pointer in
            var reader = ByteReader(pointer)
            let value = Value(try reader.readValue())
            try reader.expectEnd()
            return value
        }
    }

    @Test(arguments: vectors) func valuesAreWrittenAndReadAsTheFormatSays(value: Value, text: String) throws {
        #expect(hexText(encode(value)) == text)
        #expect(try decode(hex(text)) == value)
    }

    @Test func integersOfEveryWidthSurvive() throws {
        for shift in 0..<64 {
            for offset: Int64 in -2...2 {
                for sign: Int64 in [1, -1] {
                    let value = Value.integer((1 << Int64(shift) &+ offset) &* sign)
                    #expect(try decode(encode(value)) == value)
                }
            }
        }
    }

    @Test(arguments: vectors) func aValueThatIsCutShortIsRefused(value: Value, text: String) {
        let bytes = hex(text)
        for length in 0..<bytes.count {
            #expect(throws: Malformation.self) { try decode(Array(bytes.prefix(length))) }
        }
    }

    @Test(arguments: Array(UInt8(14)...63) + Array(UInt8(192)...255))
    func anUnknownTagIsRefused(tag: UInt8) {
        #expect(throws: Malformation.unknownTag) { try decode([tag] + [UInt8](repeating: 0, count: 300)) }
    }

    @Test(arguments: [
        "80 80 80 80 08", "ff ff ff ff 0f", "ff ff ff ff ff ff ff ff ff 01", "ff ff ff ff ff ff ff ff 7f",
    ])
    func aLengthBeyondTheBytesIsRefused(length: String) {
        for tag: UInt8 in [12, 13] {
            #expect(throws: Malformation.lengthTooLarge) { try decode([tag] + hex(length)) }
        }
    }

    private func readVarint(_ bytes: [UInt8]) throws -> UInt64 {
        try bytes.withUnsafeBytes { pointer in
            var reader = ByteReader(pointer)
            return try reader.readVarint()
        }
    }

    @Test(arguments: [
        "ff ff ff ff ff ff ff ff ff 02", "80 80 80 80 80 80 80 80 80 80 00", "ff ff ff ff ff ff ff ff ff ff 01",
    ]) func aVariableLengthIntegerOfMoreThan64BitsIsRefused(text: String) {
        #expect(throws: Malformation.varintTooLong) { try readVarint(hex(text)) }
    }

    @Test(arguments: [0, 1, 127, 128, 16383, 16384, 1 << 32, UInt64.max - 1, UInt64.max])
    func variableLengthIntegersSurvive(value: UInt64) throws {
        var buffer = RecordBuffer()
        buffer.writeVarint(value)
        buffer.writeZigzag(Int64(bitPattern: value))
        buffer.writeZigzag(-Int64(bitPattern: value >> 1))
        let read = try buffer.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            return try (reader.readVarint(), reader.readZigzag(), reader.readZigzag(), reader.isAtEnd)
        }
        #expect(read == (value, Int64(bitPattern: value), -Int64(bitPattern: value >> 1), true))
    }

    @Test func valuesPrintAsLiterals() {
        #expect(Value.text("it's").description == "'it''s'")
        #expect(Value.blob([0, 255]).description == "x'00ff'")
        #expect(Value.null.description == "NULL" && Value.integer(-3).description == "-3")
    }
}
