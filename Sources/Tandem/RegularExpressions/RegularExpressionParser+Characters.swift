// Escapes and brackets.
extension RegularExpressionParser {
    /// An escape that takes no character; nil for all others.
    mutating func assertion() -> Expression? {
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
        advance()
        return .assertion(assertion)
    }

    /// What stands behind a backslash, as some characters.
    mutating func escape() throws(Invalid) -> CharacterSet {
        guard let scalar = next else { throw Invalid(reason: "invalid escape \\ sequence") }
        advance()
        switch scalar {
        case "d": return .digits
        case "w": return .wordCharacters
        case "s": return .spaces
        case "D": return CharacterSet.digits.negated
        case "W": return CharacterSet.wordCharacters.negated
        case "S": return CharacterSet.spaces.negated
        default:
            let value = try Self.escapedCharacter(scalar)
            return CharacterSet(ranges: [value...value])
        }
    }

    private static func escapedCharacter(_ scalar: Unicode.Scalar) throws(Invalid) -> UInt32 {
        switch scalar {
        case "a": return 7
        case "b": return 8
        case "t": return 9
        case "n": return 10
        case "v": return 11
        case "f": return 12
        case "r": return 13
        case "e": return 27
        case "B": return 0x5C
        case _ where scalar.properties.isAlphabetic || ("0"..."9").contains(scalar):
            throw Invalid(reason: "the escape \\\(scalar) is not supported here")
        default: return scalar.value
        }
    }

    /// What stands at one place of a bracket.
    private enum BracketItem {
        /// One that may begin or end a range.
        case character(UInt32)
        case set(CharacterSet)
        /// The `-` of a range.
        case dash
    }

    /// `^a-z0-9_[:alpha:]]`, behind the opening bracket.
    mutating func bracket() throws(Invalid) -> CharacterSet {
        let isNegated = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        var isFirst = true
        while isFirst || next != "]" {
            switch try bracketItem(isFirst) {
            case .set(let set): ranges += set.listedRanges
            case .character(let start): ranges.append(try range(from: start))
            case .dash: throw .range
            }
            isFirst = false
        }
        advance()
        return CharacterSet(ranges: ranges, isNegated: isNegated)
    }

    /// A character, or the range that it begins.
    private mutating func range(from start: UInt32) throws(Invalid) -> ClosedRange<UInt32> {
        guard next == "-", second != "]" else { return start...start }
        advance()
        let end: UInt32
        switch try bracketItem(false) {
        case .character(let character): end = character
        case .dash: end = 0x2D
        case .set: throw .range
        }
        guard start <= end else { throw .range }
        return start...end
    }

    /// - Parameter isFirst: whether nothing stands before it, so that `]` and `-` mean themselves.
    private mutating func bracketItem(_ isFirst: Bool) throws(Invalid) -> BracketItem {
        guard let scalar = next else { throw .brackets }
        advance()
        switch (scalar, next) {
        case ("[", ":"):
            guard let set = CharacterSet(named: try element()) else { throw Invalid(reason: "invalid character class") }
            return .set(set)
        case ("[", "."): return .character(try collatingElement())
        case ("[", "="):
            let character = try collatingElement()
            return .set(CharacterSet(ranges: [character...character]))
        case ("\\", _):
            let set = try escape()
            guard !set.isNegated, set.ranges.count == 1, set.ranges[0].count == 1 else { return .set(set) }
            return .character(set.ranges[0].lowerBound)
        case ("-", let following) where !isFirst && following != "]": return .dash
        default: return .character(scalar.value)
        }
    }

    /// The name in `[:…:]` and its like, behind the opening bracket.
    private mutating func element() throws(Invalid) -> String {
        guard let mark = next else { throw .brackets }
        advance()
        guard let name = take(upTo: (mark, "]")) else { throw .brackets }
        return name
    }

    /// `[.x.]` is the character itself; those that PostgreSQL has names for are not known here.
    private mutating func collatingElement() throws(Invalid) -> UInt32 {
        let name = try element().unicodeScalars
        guard name.count == 1, let character = name.first else { throw Invalid(reason: "invalid collating element") }
        return character.value
    }
}

extension RegularExpression.Invalid {
    fileprivate static var brackets: Self { Self(reason: "brackets [] not balanced") }
    fileprivate static var range: Self { Self(reason: "invalid character range") }
}
