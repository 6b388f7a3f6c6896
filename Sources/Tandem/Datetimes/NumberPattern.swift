import GRDB

/// A pattern of `to_char` for numbers (PostgreSQL's manual, table 9.29): `9 0 . , D G S MI PL SG FM`, and text in quotes.
struct NumberPattern {
    private enum Part {
        /// `9`, or `0`, from which on zeros are written.
        case digit(isZero: Bool)
        case point, group
        case sign, minus, plus
        case literal(String)
    }

    private var parts: [Part] = []
    private var fills = true
    private var isBracketed = false
    private var digitsBefore = 0
    private var digitsBehind = 0

    /// - Throws: `DatabaseError` for what is not known here.
    init(_ text: String) throws {
        var rest = text[...]
        var hasPoint = false
        while let first = rest.first {
            let two = rest.prefix(2).uppercased()
            switch (two, first) {
            case ("FM", _): fills = false
            case ("MI", _): parts.append(.minus)
            case ("PL", _): parts.append(.plus)
            case ("SG", _): parts.append(.sign)
            case ("PR", _): isBracketed = true
            case (_, "9"), (_, "0"):
                parts.append(.digit(isZero: first == "0"))
                if hasPoint { digitsBehind += 1 } else { digitsBefore += 1 }
            case (_, "."), (_, "D"), (_, "d"):
                guard !hasPoint else { throw Self.unknown(text) }
                hasPoint = true
                parts.append(.point)
            case (_, ","), (_, "G"), (_, "g"): parts.append(.group)
            case (_, "S"), (_, "s"): parts.append(.sign)
            case (_, "\""):
                let quoted = rest.dropFirst().prefix { $0 != "\"" }
                parts.append(.literal(String(quoted)))
                rest = rest.dropFirst(quoted.count + 2)
                continue
            case (_, _) where first.isLetter: throw Self.unknown(text)
            default: parts.append(.literal(String(first)))
            }
            rest = rest.dropFirst(["FM", "MI", "PL", "SG", "PR"].contains(two) ? 2 : 1)
        }
    }

    private static func unknown(_ text: String) -> DatabaseError {
        DatetimeError.invalid("to_char does not know the number pattern \"\(text)\" here")
    }

    /// The number by the pattern; `#` in the place of digits where it does not fit.
    func text(of decimal: DecimalDigits) -> String {
        var number = decimal.rounded(toDigits: digitsBehind)
        if number.integer.isEmpty, digitsBehind == 0 { number.integer = "0" }
        let isOverflow = number.integer.count > digitsBefore
        let integer =
            isOverflow
            ? Array(repeating: Character("#"), count: digitsBefore)
            : Array(repeating: Character(" "), count: digitsBefore - number.integer.count) + Array(number.integer)
        let fraction = isOverflow ? Array(repeating: Character("#"), count: digitsBehind) : Array(number.fraction)
        var writer = Writer(
            integer: integer, fraction: fraction, isNegative: number.isNegative, fills: fills,
            hasOwnSign: hasOwnSign, isBracketed: isBracketed, lastZero: lastZero)
        for part in parts {
            switch part {
            case .digit(let isZero): writer.digit(isZero: isZero)
            case .point: writer.point()
            case .group: writer.group()
            case .sign: writer.sign(number.isNegative ? "-" : "+")
            case .minus: writer.mark(number.isNegative ? "-" : " ")
            case .plus: writer.mark(number.isNegative ? " " : "+")
            case .literal(let text): writer.result += text
            }
        }
        return writer.end()
    }

    /// Whether the pattern says where a sign stands.
    private var hasOwnSign: Bool {
        parts.contains { part in
            switch part {
            case .sign, .minus, .plus: true
            case .digit, .point, .group, .literal: false
            }
        }
    }

    /// How many digits behind the point are written whatever they are.
    private var lastZero: Int {
        var isBehind = false
        var count = 0
        var last = 0
        for part in parts {
            switch part {
            case .point: isBehind = true
            case .digit(let isZero) where isBehind:
                count += 1
                if isZero { last = count }
            default: continue
            }
        }
        return last
    }

    /// Writes the parts one by one.
    private struct Writer {
        let integer: [Character]
        var fraction: [Character]
        let isNegative: Bool
        let fills: Bool
        let hasOwnSign: Bool
        let isBracketed: Bool
        let lastZero: Int
        var result = ""
        var place = 0
        private var behind: Int?
        /// Whether a digit has been written: what stands before is blank.
        private var hasBegun = false
        private var pendingSign: String?

        init(
            integer: [Character], fraction: [Character], isNegative: Bool, fills: Bool, hasOwnSign: Bool,
            isBracketed: Bool, lastZero: Int
        ) {
            self.integer = integer
            self.fraction = fraction
            self.isNegative = isNegative
            self.fills = fills
            self.hasOwnSign = hasOwnSign
            self.isBracketed = isBracketed
            self.lastZero = lastZero
            if !fills {
                while self.fraction.count > lastZero, self.fraction.last == "0" { self.fraction.removeLast() }
            }
        }

        mutating func digit(isZero: Bool) {
            if let behind {
                if behind < fraction.count { result.append(fraction[behind]) }
                self.behind = behind + 1
                return
            }
            var digit = integer[place]
            place += 1
            if digit == " ", isZero || hasBegun { digit = "0" }
            guard digit == " " else {
                begin()
                result.append(digit)
                return
            }
            if fills { result.append(" ") }
        }

        /// The sign stands before the first digit.
        private mutating func begin() {
            guard !hasBegun else { return }
            hasBegun = true
            if isBracketed {
                result += isNegative ? "<" : fills ? " " : ""
            } else if let pendingSign {
                result += pendingSign
                self.pendingSign = nil
            } else if !hasOwnSign {
                result += isNegative ? "-" : fills ? " " : ""
            }
        }

        mutating func point() {
            begin()
            behind = 0
            result += "."
        }

        mutating func group() {
            if hasBegun { result += "," } else if fills { result += " " }
        }

        /// `S`: beside the number.
        mutating func sign(_ text: String) {
            if hasBegun { result += text } else { pendingSign = text }
        }

        /// `MI`, `PL`: where it stands.
        mutating func mark(_ text: String) {
            if text != " " || fills { result += text }
        }

        mutating func end() -> String {
            begin()
            if isBracketed { result += isNegative ? ">" : fills ? " " : "" }
            return result
        }
    }
}
