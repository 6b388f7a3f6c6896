import Foundation

/// Decimal numbers as text, read whole and exactly or not at all: `Decimal(string:)` takes the beginning of any text for a
/// number, and drops the digits that it has no room for.
package enum DecimalText {
    /// Foundation's decimals have so many digits, whatever they are.
    private static let maximumDigits = 38
    /// So many digits fit an unsigned integer of 64 bits, whatever they are.
    private static let shortDigits = 19
    private static let exponents = -127...127

    /// The number that `text` is: `-12.50`, `1e-7`. Nil for any other text, infinities and NaN among it, and for a number
    /// that a `Decimal` does not hold exactly.
    package static func decimal(_ text: String) -> Decimal? {
        var rest = Substring(text).utf8[...]
        let isNegative = takeSign(&rest)
        guard let number = Number(&rest), number.digits <= maximumDigits, let power = takeExponent(&rest), rest.isEmpty
        else { return nil }
        guard number.digits > 0 else { return Decimal(0) }
        let exponent = number.exponent + power
        guard exponents.contains(exponent), let significand = number.significand else { return nil }
        let decimal = Decimal(sign: isNegative ? .minus : .plus, exponent: exponent, significand: significand)
        return decimal.isNaN ? nil : decimal
    }

    private static func takeSign(_ rest: inout Substring.UTF8View) -> Bool {
        guard let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") else { return false }
        rest.removeFirst()
        return sign == UInt8(ascii: "-")
    }

    /// The power of ten behind an `e`; 0 where there is none, nil where something else stands there.
    private static func takeExponent(_ rest: inout Substring.UTF8View) -> Int? {
        guard let letter = rest.first else { return 0 }
        guard letter == UInt8(ascii: "e") || letter == UInt8(ascii: "E") else { return nil }
        rest.removeFirst()
        let isNegative = takeSign(&rest)
        // More would be beyond any that is held.
        guard (1...4).contains(rest.count), rest.allSatisfy({ $0.isDigit }) else { return nil }
        let exponent = rest.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        rest.removeFirst(rest.count)
        return isNegative ? -exponent : exponent
    }

    /// The digits of a number, with a point among them or not.
    private struct Number {
        /// How many there are from the first to the last that is not zero.
        var digits = 0
        /// The power of ten of the last of these.
        var exponent = 0
        private var short: UInt64 = 0
        private let text: Substring.UTF8View

        /// Nil where there is no digit.
        init?(_ rest: inout Substring.UTF8View) {
            let begin = rest
            var (zeros, places) = (0, 0)
            var (hasDigit, hasPoint) = (false, false)
            while let byte = rest.first, byte.isDigit || (byte == UInt8(ascii: ".") && !hasPoint) {
                rest.removeFirst()
                guard byte.isDigit else {
                    hasPoint = true
                    continue
                }
                hasDigit = true
                if hasPoint { places += 1 }
                guard byte != UInt8(ascii: "0") else {
                    if digits > 0 { zeros += 1 }
                    continue
                }
                digits += zeros + 1
                if digits <= DecimalText.shortDigits {
                    for _ in 0...zeros { short *= 10 }
                    short += UInt64(byte - UInt8(ascii: "0"))
                }
                zeros = 0
            }
            guard hasDigit else { return nil }
            exponent = zeros - places
            text = begin[..<rest.startIndex]
        }

        /// The digits as a whole number.
        var significand: Decimal? {
            if digits <= DecimalText.shortDigits { return Decimal(short) }
            let significant = text.filter(\.isDigit).drop { $0 == UInt8(ascii: "0") }.prefix(digits)
            return Decimal(
                string: String(decoding: significant, as: UTF8.self), locale: Locale(identifier: "en_US_POSIX"))
        }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
