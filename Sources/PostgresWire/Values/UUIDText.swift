import NIOCore

/// The text form of a UUID: 8-4-4-4-12 hexadecimal digits.
enum UUIDText {
    /// Reads 32 digits with hyphens after any group of four and optional braces, as PostgreSQL does, into 16 bytes.
    static func parse(_ text: UnsafeRawBufferPointer) -> ByteBuffer? {
        var digits = text[...]
        if digits.first == UInt8(ascii: "{") {
            guard digits.last == UInt8(ascii: "}"), digits.count > 1 else { return nil }
            digits = digits.dropFirst().dropLast()
        }
        var bytes = ByteBuffer()
        var high: UInt8?
        for byte in digits {
            if byte == UInt8(ascii: "-") {
                guard high == nil, bytes.readableBytes > 0, bytes.readableBytes % 2 == 0 else { return nil }
                continue
            }
            guard let value = Hexadecimal.value(byte), bytes.readableBytes < 16 else { return nil }
            if let upper = high {
                bytes.writeInteger(upper << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil && bytes.readableBytes == 16 ? bytes : nil
    }
}

extension ByteBuffer {
    /// Writes the 36 characters of a UUID of 16 bytes.
    mutating func writeUUIDText(_ bytes: UnsafeRawBufferPointer) {
        var start = 0
        for length in [4, 2, 2, 2, 6] {
            if start > 0 { writeInteger(UInt8(ascii: "-")) }
            writeHexadecimal(UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]))
            start += length
        }
    }
}
