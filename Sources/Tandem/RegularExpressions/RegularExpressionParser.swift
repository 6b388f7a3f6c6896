/// Reads a regular expression.
struct RegularExpressionParser {
    typealias Expression = RegularExpression.Expression
    typealias CharacterSet = RegularExpression.CharacterSet
    typealias Invalid = RegularExpression.Invalid

    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var depth = 0
    /// How many operands and alternatives have been read: each is a state or more.
    private var size = 0
    /// Parentheses may be nested so deep.
    private static let maximumDepth = 100
    let ignoresCase: Bool
    /// How many parentheses are told of.
    private(set) var groupCount = 0

    init(_ pattern: String) {
        ignoresCase = pattern.hasPrefix("(?i)")
        scalars = Array((ignoresCase ? pattern.dropFirst(4) : pattern[...]).unicodeScalars)
    }

    var next: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }
    /// The one behind ``next``.
    var second: Unicode.Scalar? { place + 1 < scalars.count ? scalars[place + 1] : nil }

    mutating func advance(by count: Int = 1) { place += count }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        place += 1
        return true
    }

    /// Goes past what stands before two characters, and past these; nil where they do not come.
    mutating func take(upTo end: (Unicode.Scalar, Unicode.Scalar)) -> String? {
        var close = place
        while close + 1 < scalars.count {
            if scalars[close] == end.0, scalars[close + 1] == end.1 {
                defer { place = close + 2 }
                return String(String.UnicodeScalarView(scalars[place..<close]))
            }
            close += 1
        }
        return nil
    }

    mutating func parse() throws(Invalid) -> Expression {
        let expression = try alternatives()
        guard next == nil else { throw Invalid(reason: "parentheses () not balanced") }
        return expression
    }

    private mutating func alternatives() throws(Invalid) -> Expression {
        var branches = [try sequence()]
        while take("|") {
            try count()
            branches.append(try sequence())
        }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(Invalid) -> Expression {
        var parts: [Expression] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            try count()
            parts.append(try quantified())
        }
        return .sequence(parts)
    }

    /// Before anything is nested, or kept: what is too large is not read to its end.
    private mutating func count() throws(Invalid) {
        size += 1
        guard size <= RegularExpression.maximumSize else { throw .tooLarge }
    }

    private mutating func quantified() throws(Invalid) -> Expression {
        let operand = try atom()
        guard var repetition = try repetition() else { return operand }
        repetition.isLazy = take("?")
        if case .assertion = operand { throw .operand }
        guard !isAtQuantifier else { throw .operand }
        return .repeated(operand, repetition)
    }

    private var isAtQuantifier: Bool {
        switch next {
        case "*", "+", "?": true
        // What is no number of times is no quantifier.
        case "{": second.map(Self.isDigit) ?? false
        default: false
        }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private mutating func repetition() throws(Invalid) -> Expression.Repetition? {
        guard isAtQuantifier else { return nil }
        if take("*") { return Expression.Repetition(minimum: 0, maximum: nil) }
        if take("+") { return Expression.Repetition(minimum: 1, maximum: nil) }
        if take("?") { return Expression.Repetition(minimum: 0, maximum: 1) }
        place += 1
        return try bounds()
    }

    /// `2}`, `2,}`, `2,5}`
    private mutating func bounds() throws(Invalid) -> Expression.Repetition {
        let minimum = try number()
        guard take(",") else {
            try endBounds()
            return Expression.Repetition(minimum: minimum, maximum: minimum, isFixed: true)
        }
        let maximum = next.map(Self.isDigit) == true ? try number() : nil
        try endBounds()
        guard maximum.map({ $0 >= minimum }) ?? true else { throw .count }
        return Expression.Repetition(minimum: minimum, maximum: maximum)
    }

    private mutating func endBounds() throws(Invalid) {
        guard next != nil else { throw Invalid(reason: "braces {} not balanced") }
        guard take("}") else { throw .count }
    }

    /// Up to 255.
    private mutating func number() throws(Invalid) -> Int {
        var number = 0
        while let scalar = next, Self.isDigit(scalar) {
            number = number * 10 + Int(scalar.value - 0x30)
            guard number <= 255 else { throw .count }
            place += 1
        }
        return number
    }

    private mutating func atom() throws(Invalid) -> Expression {
        guard let scalar = next else { return .empty }
        guard !isAtQuantifier else { throw .operand }
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
}

extension RegularExpression.Invalid {
    fileprivate static var operand: Self { Self(reason: "quantifier operand invalid") }
    fileprivate static var count: Self { Self(reason: "invalid repetition count(s)") }
    static var tooLarge: Self { Self(reason: "it is too large") }
}
