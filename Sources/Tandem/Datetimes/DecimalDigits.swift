import GRDB

/// A decimal number by its digits.
struct DecimalDigits {
    var isNegative: Bool
    /// Without zeros in front: empty for a number below 1.
    var integer: String
    var fraction: String

    /// Nil for what is no finite number.
    init?(_ value: DatabaseValue) {
        switch value.storage {
        case .int64(let number): self.init(plain: String(number))
        case .double(let number): self.init(plain: Self.plain(number))
        case .string(let text):
            guard let number = Double(text), number.isFinite else { return nil }
            self.init(plain: text.contains { $0 == "e" || $0 == "E" } ? Self.plain(number) : text.filter { $0 != " " })
        case .null, .blob: return nil
        }
    }

    private init?(plain text: String) {
        isNegative = text.first == "-"
        let halves = (isNegative || text.first == "+" ? text.dropFirst() : text[...]).split(
            separator: ".", omittingEmptySubsequences: false)
        let isPlain = halves.allSatisfy { half in half.allSatisfy { $0.isASCII && $0.isNumber } }
        guard (1...2).contains(halves.count), isPlain else { return nil }
        integer = String(halves[0].drop { $0 == "0" })
        fraction = halves.count == 2 ? String(halves[1]) : ""
    }

    /// The shortest digits that read back as the number, without an exponent.
    private static func plain(_ number: Double) -> String {
        let text = "\(number)"
        guard let mark = text.firstIndex(where: { $0 == "e" || $0 == "E" }),
            let exponent = Int(text[text.index(after: mark)...])
        else { return text }
        let isNegative = text.first == "-"
        let mantissa = text[..<mark].drop { $0 == "-" }.split(separator: ".")
        let digits = mantissa.joined()
        let place = (mantissa.first?.count ?? 1) + exponent
        let sign = isNegative ? "-" : ""
        if place <= 0 { return "\(sign)0.\(String(repeating: "0", count: -place))\(digits)" }
        if place >= digits.count { return "\(sign)\(digits)\(String(repeating: "0", count: place - digits.count))" }
        return "\(sign)\(digits.prefix(place)).\(digits.dropFirst(place))"
    }

    /// Half away from zero, with so many digits behind the point.
    func rounded(toDigits count: Int) -> DecimalDigits {
        var result = self
        guard fraction.count > count else {
            result.fraction += String(repeating: "0", count: count - fraction.count)
            return result
        }
        let isUp = fraction.dropFirst(count).first.map { $0 >= "5" } ?? false
        var digits = Array("0\(integer)\(fraction.prefix(count))")
        if isUp {
            var place = digits.count - 1
            while digits[place] == "9" {
                digits[place] = "0"
                place -= 1
            }
            digits[place] = Character(String((digits[place].wholeNumberValue ?? 0) + 1))
        }
        result.fraction = String(digits.suffix(count))
        result.integer = String(digits.dropLast(count).drop { $0 == "0" })
        if result.integer.isEmpty, result.fraction.allSatisfy({ $0 == "0" }) { result.isNegative = false }
        return result
    }
}
