import NIOCore

/// Bytes as hexadecimal digits, two a byte.
enum Hexadecimal {
    @inline(__always)
    static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x61 + value - 10 }

    @inline(__always)
    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}

extension ByteBuffer {
    /// Writes two lower-case digits for each byte.
    mutating func writeHexadecimal(_ bytes: UnsafeRawBufferPointer) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: bytes.count * 2) { target in
            for index in 0..<bytes.count {
                target[2 * index] = Hexadecimal.digit(bytes[index] >> 4)
                target[2 * index + 1] = Hexadecimal.digit(bytes[index] & 15)
            }
            return bytes.count * 2
        }
    }
}
