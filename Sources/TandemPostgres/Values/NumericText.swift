import Foundation

/// PostgreSQL's numbers of any precision as text.
enum NumericText {
    /// Foundation's decimals have so many digits; one with more stays text, lest something be lost.
    private static let maximumDigits = 38
    /// So many digits fit an unsigned integer of 64 bits whatever they are.
    private static let shortDigits = 19

    /// Nil for infinities, and for what a `Decimal` cannot hold exactly.
    static func decimal(_ text: String) -> Decimal? {
        if text == "NaN" { return .nan }
        var significand: UInt64 = 0
        var digits = 0
        var scale: Int?
        for byte in text.utf8.drop(while: { $0 == UInt8(ascii: "-") }) {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if digits > 0 || byte != UInt8(ascii: "0") { digits += 1 }
                if digits <= shortDigits { significand = significand &* 10 &+ UInt64(byte - UInt8(ascii: "0")) }
                if let places = scale { scale = places + 1 }
            case UInt8(ascii: ".") where scale == nil: scale = 0
            default: return nil
            }
        }
        let places = scale ?? 0
        guard digits <= maximumDigits, places <= 127, text.utf8.contains(where: { $0 >= UInt8(ascii: "0") }) else {
            return nil
        }
        if digits <= shortDigits {
            return Decimal(
                sign: text.hasPrefix("-") ? .minus : .plus, exponent: -places, significand: Decimal(significand))
        }
        return Decimal(string: text, locale: Locale(identifier: "en_US_POSIX"))
    }
}
