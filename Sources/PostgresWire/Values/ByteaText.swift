import NIOCore

/// The text forms of bytea: `\x` and hexadecimal digits, or the older escape form.
enum ByteaText {
    /// Reads either form; nil if the text is neither.
    static func parse(_ text: UnsafeRawBufferPointer) -> ByteBuffer? {
        if text.count >= 2, text[0] == UInt8(ascii: "\\"), text[1] == UInt8(ascii: "x") {
            return parseHexadecimal(UnsafeRawBufferPointer(rebasing: text[2...]))
        }
        return parseEscaped(text)
    }

    /// Pairs of digits; white space between the pairs is allowed.
    private static func parseHexadecimal(_ text: UnsafeRawBufferPointer) -> ByteBuffer? {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(text.count / 2)
        var index = 0
        while index < text.count {
            switch text[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default:
                guard index + 1 < text.count, let high = Hexadecimal.value(text[index]),
                    let low = Hexadecimal.value(text[index + 1])
                else { return nil }
                bytes.writeInteger(high << 4 | low)
                index += 2
            }
        }
        return bytes
    }

    /// Bytes as they are, `\\` for a backslash, `\` and three octal digits for any byte.
    private static func parseEscaped(_ text: UnsafeRawBufferPointer) -> ByteBuffer? {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "\\") else {
                bytes.writeInteger(text[index])
                index += 1
                continue
            }
            if index + 1 < text.count, text[index + 1] == UInt8(ascii: "\\") {
                bytes.writeInteger(text[index])
                index += 2
                continue
            }
            guard index + 3 < text.count, (0x30...0x33).contains(text[index + 1]),
                (0x30...0x37).contains(text[index + 2]), (0x30...0x37).contains(text[index + 3])
            else { return nil }
            bytes.writeInteger((text[index + 1] & 7) << 6 | (text[index + 2] & 7) << 3 | (text[index + 3] & 7))
            index += 4
        }
        return bytes
    }
}
