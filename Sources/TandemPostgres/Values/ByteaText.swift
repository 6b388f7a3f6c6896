import Foundation

/// Bytes as text: `\x0aff`, or PostgreSQL's older form `a\\b\001`.
enum ByteaText {
    static func data(_ text: String) -> Data? {
        let bytes = Array(text.utf8)
        return bytes.starts(with: Array("\\x".utf8)) ? hexadecimal(bytes.dropFirst(2)) : escaped(bytes)
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> Data? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var data = Data(capacity: digits.count / 2)
        var high: UInt8?
        for digit in digits {
            guard let value = nibble(digit) else { return nil }
            if let first = high {
                data.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return data
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func escaped(_ bytes: [UInt8]) -> Data? {
        var data = Data(capacity: bytes.count)
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                data.append(byte)
                continue
            }
            if rest.first == UInt8(ascii: "\\") {
                data.append(rest.removeFirst())
                continue
            }
            let digits = rest.prefix(3)
            guard digits.count == 3, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8) else {
                return nil
            }
            data.append(value)
            rest = rest.dropFirst(3)
        }
        return data
    }
}
