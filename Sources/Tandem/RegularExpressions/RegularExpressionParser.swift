/// Reads a regular expression.
struct RegularExpressionParser {
    typealias Expression = RegularExpression.Expression
    typealias CharacterSet = RegularExpression.CharacterSet
    typealias Invalid = RegularExpression.Invalid

    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var depth = 0
    /// Parentheses may be nested so deep.
    private static let maximumDepth = 100
    let ignoresCase: Bool
    /// How many parentheses are told of.
    private(set) var groupCount = 0

    init(_ pattern: String) {
        ignoresCase = pattern.hasPrefix("(?i)")
        scalars = Array((ignoresCase ? pattern.dropFirst(4) : pattern[...]).unicodeScalars)
    }

    private var next: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        place += 1
        return true
    }

    mutating func parse() throws(Invalid) -> Expression {
        let expression = try alternatives()
        guard next == nil else { throw Invalid(reason: "parentheses () not balanced") }
        return expression
    }

    private mutating func alternatives() throws(Invalid) -> Expression {
        var result = try sequence()
        while take("|") { result = .alternatives(result, try sequence()) }
        return result
    }

    private mutating func sequence() throws(Invalid) -> Expression {
        var parts: [Expression] = []
        while let scalar = next, scalar != "|", scalar != ")" { parts.append(try repeated()) }
        return .sequence(parts)
    }

    private mutating func repeated() throws(Invalid) -> Expression {
        var expression = try atom()
        while var repetition = try repetition() {
            repetition.isLazy = take("?")
            expression = .repeated(expression, repetition)
        }
        return expression
    }

    private mutating func repetition() throws(Invalid) -> Expression.Repetition? {
        if take("*") { return Expression.Repetition(minimum: 0, maximum: nil) }
        if take("+") { return Expression.Repetition(minimum: 1, maximum: nil) }
        if take("?") { return Expression.Repetition(minimum: 0, maximum: 1) }
        return next == "{" ? try bounds() : nil
    }

    /// `{2}`, `{2,}`, `{2,5}`
    private mutating func bounds() throws(Invalid) -> Expression.Repetition {
        guard let close = scalars[place...].firstIndex(of: "}") else { throw Invalid(reason: "braces {} not balanced") }
        let text = String(String.UnicodeScalarView(scalars[(place + 1)..<close]))
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false)
        place = close + 1
        guard let first = numbers.first.flatMap({ Int($0) }), (0...255).contains(first), numbers.count <= 2
        else { throw Invalid(reason: "invalid repetition count(s)") }
        guard numbers.count == 2 else { return Expression.Repetition(minimum: first, maximum: first, isFixed: true) }
        guard !numbers[1].isEmpty else { return Expression.Repetition(minimum: first, maximum: nil) }
        guard let second = Int(numbers[1]), (first...255).contains(second) else {
            throw Invalid(reason: "invalid repetition count(s)")
        }
        return Expression.Repetition(minimum: first, maximum: second)
    }

    private mutating func atom() throws(Invalid) -> Expression {
        guard let scalar = next else { return .empty }
        place += 1
        switch scalar {
        case "(": return try group()
        case "[": return .characters(try bracket())
        case ".": return .characters(.any)
        case "^": return .assertion(.start)
        case "$": return .assertion(.end)
        case "\\":
            if let assertion = assertion() { return assertion }
            return .characters(try escape())
        case "*", "+", "?": throw Invalid(reason: "quantifier operand invalid")
        default: return .characters(CharacterSet(ranges: [scalar.value...scalar.value]))
        }
    }

    private mutating func group() throws(Invalid) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw Invalid(reason: "it is nested too deep") }
        var number: Int?
        if take("?") {
            guard take(":") else { throw Invalid(reason: "looking ahead or behind is not supported here") }
        } else {
            groupCount += 1
            number = groupCount
        }
        let inner = try alternatives()
        guard take(")") else { throw Invalid(reason: "parentheses () not balanced") }
        return number.map { .group(inner, $0) } ?? inner
    }

    /// An escape that takes no character; nil for all others.
    private mutating func assertion() -> Expression? {
        let assertion: RegularExpression.Assertion
        switch next {
        case "A": assertion = .start
        case "Z": assertion = .end
        case "m": assertion = .wordStart
        case "M": assertion = .wordEnd
        case "y": assertion = .wordBoundary
        case "Y": assertion = .noWordBoundary
        default: return nil
        }
        place += 1
        return .assertion(assertion)
    }

    private mutating func escape() throws(Invalid) -> CharacterSet {
        guard let scalar = next else { throw Invalid(reason: "invalid escape \\ sequence") }
        place += 1
        switch scalar {
        case "d": return .digits
        case "w": return .wordCharacters
        case "s": return .spaces
        case "D": return CharacterSet(ranges: CharacterSet.digits.ranges, isNegated: true)
        case "W": return CharacterSet(ranges: CharacterSet.wordCharacters.ranges, isNegated: true)
        case "S": return CharacterSet(ranges: CharacterSet.spaces.ranges, isNegated: true)
        case "n": return CharacterSet(ranges: [10...10])
        case "t": return CharacterSet(ranges: [9...9])
        case "r": return CharacterSet(ranges: [13...13])
        case _ where scalar.properties.isAlphabetic || ("0"..."9").contains(scalar):
            throw Invalid(reason: "the escape \\\(scalar) is not supported here")
        default: return CharacterSet(ranges: [scalar.value...scalar.value])
        }
    }

    /// `[^a-z0-9_[:alpha:]]`
    private mutating func bracket() throws(Invalid) -> CharacterSet {
        var set = CharacterSet(isNegated: take("^"))
        var isFirst = true
        while let scalar = next {
            place += 1
            if scalar == "]", !isFirst { return set }
            isFirst = false
            if scalar == "[", next == ":" {
                set.ranges += try namedClass().ranges
            } else if scalar == "\\" {
                set.ranges += try escape().ranges
            } else if next == "-", place + 1 < scalars.count, scalars[place + 1] != "]" {
                place += 1
                guard let end = next, end.value >= scalar.value else {
                    throw Invalid(reason: "invalid character range")
                }
                place += 1
                set.ranges.append(scalar.value...end.value)
            } else {
                set.ranges.append(scalar.value...scalar.value)
            }
        }
        throw Invalid(reason: "brackets [] not balanced")
    }

    private mutating func namedClass() throws(Invalid) -> CharacterSet {
        guard let close = scalars[place...].firstIndex(of: "]"), close > place + 1 else {
            throw Invalid(reason: "brackets [] not balanced")
        }
        let name = String(String.UnicodeScalarView(scalars[(place + 1)..<(close - 1)]))
        place = close + 1
        switch name {
        case "alpha": return .letters
        case "digit": return .digits
        case "alnum": return CharacterSet(ranges: CharacterSet.digits.ranges + CharacterSet.letters.ranges)
        case "space": return .spaces
        case "lower": return CharacterSet(ranges: [0x61...0x7A])
        case "upper": return CharacterSet(ranges: [0x41...0x5A])
        case "punct": return CharacterSet(ranges: [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
        case "xdigit": return CharacterSet(ranges: [0x30...0x39, 0x41...0x46, 0x61...0x66])
        default: throw Invalid(reason: "invalid character class")
        }
    }
}
