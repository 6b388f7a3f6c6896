import NIOCore

/// A decimal number of any precision, in PostgreSQL's binary form and as text.
///
/// The binary form: how many digits to the base 10,000; the weight of the first one (a power of 10,000); a sign; how
/// many decimal digits stand behind the point; the digits. Each is 16 bits.
struct PostgresNumeric: Equatable {
    enum Sign: UInt16 {
        case positive = 0x0000
        case negative = 0x4000
        case notANumber = 0xC000
        case positiveInfinity = 0xD000
        case negativeInfinity = 0xF000
    }

    var sign: Sign
    /// The power of 10,000 of the first digit.
    var weight: Int
    /// How many decimal digits are shown behind the point.
    var scale: Int
    /// Each 0 to 9,999.
    var digits: [UInt16]

    /// The longest text a number may take, in characters: what PostgreSQL's own limits come to.
    static let maximumTextLength = 131_072 + 16_383 + 8
}

// MARK: Binary form

extension PostgresNumeric {
    init?(binary bytes: ByteBuffer) {
        var bytes = bytes
        guard let (count, weight, sign, scale) = bytes.readMultipleIntegers(as: (UInt16, Int16, UInt16, UInt16).self),
            let sign = Sign(rawValue: sign), bytes.readableBytes == Int(count) * 2, scale <= 16_383
        else { return nil }
        var digits: [UInt16] = []
        digits.reserveCapacity(Int(count))
        while let digit: UInt16 = bytes.readInteger() {
            guard digit < 10_000 else { return nil }
            digits.append(digit)
        }
        self.init(sign: sign, weight: Int(weight), scale: Int(scale), digits: digits)
    }

    /// Writes the binary form. The text it was made from bounds all its parts.
    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(
            UInt16(truncatingIfNeeded: digits.count), Int16(truncatingIfNeeded: weight), sign.rawValue,
            UInt16(truncatingIfNeeded: scale))
        for digit in digits { buffer.writeInteger(digit) }
    }
}

// MARK: Text form

extension PostgresNumeric {
    /// The number in decimal notation without an exponent, or `NaN`, `Infinity`, `-Infinity`.
    var text: String {
        switch sign {
        case .notANumber: return "NaN"
        case .positiveInfinity: return "Infinity"
        case .negativeInfinity: return "-Infinity"
        case .positive, .negative: break
        }
        var text = sign == .negative ? "-" : ""
        if weight < 0 {
            text += "0"
        } else {
            for power in 0...weight { text += power == 0 ? String(digit(power)) : padded(digit(power)) }
        }
        guard scale > 0 else { return text }
        var fraction = ""
        for group in 0..<(scale + 3) / 4 { fraction += padded(digit(weight + 1 + group)) }
        return text + "." + fraction.prefix(scale)
    }

    /// The digit at `index` from the first; 0 outside of those written down.
    private func digit(_ index: Int) -> UInt16 { digits.indices.contains(index) ? digits[index] : 0 }

    private func padded(_ digit: UInt16) -> String {
        let text = String(digit)
        return String(repeating: "0", count: 4 - text.count) + text
    }

    /// Reads decimal notation with an optional exponent; nil for anything else, or beyond PostgreSQL's limits.
    init?(text: some StringProtocol) {
        switch text.lowercased() {
        case "nan":
            self.init(sign: .notANumber, weight: 0, scale: 0, digits: [])
            return
        case "infinity", "inf", "+infinity", "+inf":
            self.init(sign: .positiveInfinity, weight: 0, scale: 0, digits: [])
            return
        case "-infinity", "-inf":
            self.init(sign: .negativeInfinity, weight: 0, scale: 0, digits: [])
            return
        default: break
        }
        guard let decimal = DecimalText(text) else { return nil }
        self.init(decimal)
    }

    private init(_ decimal: DecimalText) {
        // The decimal digits are put into groups of four that meet at the point.
        var integer = decimal.digits.prefix(max(0, decimal.pointPosition))
        var fraction = decimal.digits.dropFirst(max(0, decimal.pointPosition))
        if decimal.pointPosition > decimal.digits.count {
            integer += Array(repeating: 0, count: decimal.pointPosition - decimal.digits.count)
        }
        if decimal.pointPosition < 0 {
            fraction = Array(repeating: 0, count: -decimal.pointPosition) + fraction
        }
        let scale = fraction.count
        let all =
            Array(repeating: UInt8(0), count: (4 - integer.count % 4) % 4) + integer + fraction
            + Array(repeating: UInt8(0), count: (4 - fraction.count % 4) % 4)
        var groups = stride(from: 0, to: all.count, by: 4).map { start in
            all[start..<start + 4].reduce(UInt16(0)) { $0 * 10 + UInt16($1) }
        }
        var weight = (integer.count + 3) / 4 - 1
        while groups.last == 0 { groups.removeLast() }
        let leading = groups.prefix { $0 == 0 }.count
        groups.removeFirst(leading)
        weight -= leading
        if groups.isEmpty { weight = 0 }
        self.init(
            sign: decimal.isNegative && !groups.isEmpty ? .negative : .positive, weight: weight, scale: scale,
            digits: groups)
    }
}
