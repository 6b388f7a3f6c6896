/// A value that holds no others, in such a form that equal ones have equal bytes.
struct JSONScalar: Hashable {
    var kind: JSONDocument.Kind
    var bytes: [UInt8]
}

extension JSONDocument {
    func scalar(_ node: Int, _ work: inout FunctionWork) throws(FunctionWork.Ended) -> JSONScalar {
        let bytes = bytes(node)
        try work.take(1 + bytes.count / 16)
        let plain: [UInt8] =
            switch nodes[node].kind {
            case .string: Self.unescaped(bytes.dropFirst().dropLast())
            case .number: Self.normalized(bytes)
            case .null, .boolean, .array, .object: Array(bytes)
            }
        return JSONScalar(kind: nodes[node].kind, bytes: plain)
    }

    /// A string's content without escapes.
    static func unescaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        guard bytes.contains(UInt8(ascii: "\\")) else { return Array(bytes) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var place = bytes.startIndex
        while place < bytes.endIndex {
            let byte = bytes[place]
            place += 1
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            let escape = bytes[place]
            place += 1
            switch escape {
            case UInt8(ascii: "b"): result.append(8)
            case UInt8(ascii: "f"): result.append(12)
            case UInt8(ascii: "n"): result.append(10)
            case UInt8(ascii: "r"): result.append(13)
            case UInt8(ascii: "t"): result.append(9)
            case UInt8(ascii: "u"):
                var value = codeUnit(bytes, place)
                place += 4
                if (0xD800..<0xDC00).contains(value) {
                    value = 0x10000 + (value - 0xD800) << 10 + (codeUnit(bytes, place + 2) - 0xDC00)
                    place += 6
                }
                result += Array(Character(Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
            default: result.append(escape)
            }
        }
        return result
    }

    /// Four hexadecimal digits.
    static func codeUnit(_ bytes: ArraySlice<UInt8>, _ place: Int) -> UInt32 {
        bytes[place..<place + 4].reduce(0) { value, digit in
            let isLetter = digit >= UInt8(ascii: "A")
            return value << 4 | UInt32(isLetter ? (digit & 0x0F) + 9 : digit & 0x0F)
        }
    }

    /// A number's digits without zeros at their ends, and the power of ten behind them: 1.50 and 15e-1 are the same.
    private static func normalized(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var digits: [UInt8] = []
        var exponent = 0
        var isFraction = false
        let isNegative = bytes.first == UInt8(ascii: "-")
        for place in bytes.indices {
            switch bytes[place] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if !digits.isEmpty || bytes[place] != UInt8(ascii: "0") { digits.append(bytes[place]) }
                if isFraction { exponent -= 1 }
                continue
            case UInt8(ascii: "."):
                isFraction = true
                continue
            case UInt8(ascii: "e"), UInt8(ascii: "E"): exponent += power(bytes[(place + 1)...])
            default: continue
            }
            break
        }
        while digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            exponent += 1
        }
        guard !digits.isEmpty else { return [UInt8(ascii: "0")] }
        return (isNegative ? [UInt8(ascii: "-")] : []) + digits + Array("e\(exponent)".utf8)
    }

    /// Powers beyond all that a number may have are as one.
    private static func power(_ bytes: ArraySlice<UInt8>) -> Int {
        let limit = 1 << 40
        let number = bytes.reduce(0) { number, digit in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit)
                ? min(limit, number * 10 + Int(digit & 0x0F)) : number
        }
        return bytes.first == UInt8(ascii: "-") ? -number : number
    }
}
