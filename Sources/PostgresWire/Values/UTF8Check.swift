import NIOCore

/// Whether bytes are UTF-8, without a copy of them.
enum UTF8Check {
    static func isValid(_ buffer: ByteBuffer) -> Bool { buffer.withUnsafeReadableBytes { isValid($0) } }

    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        // Eight ASCII characters at a time, which is most of what comes.
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            guard word & 0x8080_8080_8080_8080 == 0 else { break }
            index += 8
        }
        while index < bytes.count {
            if bytes[index] < 0x80 {
                index += 1
                continue
            }
            guard let length = sequenceLength(bytes, index) else { return false }
            index += length
        }
        return true
    }

    /// The length of the well-formed sequence of two to four bytes at `index` (Unicode, table 3-7), or nil.
    private static func sequenceLength(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int? {
        let second: ClosedRange<UInt8>
        let length: Int
        switch bytes[index] {
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xE1...0xEC, 0xEE...0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        default: return nil
        }
        guard index + length <= bytes.count, second.contains(bytes[index + 1]) else { return nil }
        for offset in 2..<max(2, length) where bytes[index + offset] & 0xC0 != 0x80 { return nil }
        return length
    }
}
