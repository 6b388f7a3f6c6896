/// A decimal number taken apart: `-12.50e3` is the digits 1 2 5 0 with the point behind the fifth place.
struct DecimalText: Equatable {
    var isNegative: Bool
    /// Each 0 to 9, as they were written, integer and fraction.
    var digits: [UInt8]
    /// How many digits stand before the point; may lie outside of the digits because of an exponent.
    var pointPosition: Int

    /// Whether it was written without a point and without an exponent.
    var isPlainInteger: Bool

    /// How many digits count: without zeros in front and at the end.
    var significantDigits: Int {
        let first = digits.firstIndex { $0 != 0 } ?? digits.endIndex
        let last = digits.lastIndex { $0 != 0 } ?? digits.startIndex
        return max(0, last - first + 1)
    }

    /// Reads `[+-]digits[.digits][e[+-]digits]` with at least one digit; nil for anything else, or beyond
    /// PostgreSQL's limits for numeric (131,072 places before the point, 16,383 behind).
    init?(_ text: some StringProtocol) {
        guard text.utf8.count <= PostgresNumeric.maximumTextLength else { return nil }
        var rest = text.utf8[...]
        isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        digits = []
        let integer = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(integer.count)
        digits = integer.map { $0 - 0x30 }
        pointPosition = digits.count
        isPlainInteger = rest.isEmpty
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            let fraction = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(fraction.count)
            digits += fraction.map { $0 - 0x30 }
        }
        guard !digits.isEmpty else { return nil }
        if let byte = rest.first, byte | 0x20 == UInt8(ascii: "e") {
            rest.removeFirst()
            guard rest.count <= 7, let exponent = Int(String(decoding: rest, as: UTF8.self)) else { return nil }
            pointPosition += exponent
            rest = rest.dropFirst(rest.count)
        }
        guard rest.isEmpty, pointPosition <= 131_072, digits.count - pointPosition <= 16_383 else { return nil }
    }
}
