import GRDB

/// The arguments of a function of regular expressions; none is NULL.
struct PatternCall {
    let values: [DatabaseValue]
    let work: FunctionWork
    /// In bytes. Searched texts are kept as arrays of code points, four times as large and more.
    private static let maximumLength = 64 << 20

    func text(_ place: Int) -> String { values[place].asText ?? "" }

    /// The flags at a place; none where there is no such argument.
    func flags(_ place: Int) throws -> PatternFlags {
        values.indices.contains(place) ? try PatternFlags(text(place)) : PatternFlags()
    }

    /// The number at a place.
    func number(_ place: Int, default usual: Int = 1, minimum: Int = 1) throws -> Int {
        guard values.indices.contains(place) else { return usual }
        guard let number = Int.fromDatabaseValue(values[place]), number >= minimum, number < 1 << 31 else {
            throw DatetimeError.invalid("the argument \(place + 1) must be a number from \(minimum) on")
        }
        return number
    }

    /// A place of the text that is counted from 1, as one counted from 0.
    func position(_ place: Int) throws -> Int { try number(place) - 1 }

    private func expression(_ pattern: String? = nil, flags: PatternFlags = PatternFlags()) throws -> RegularExpression
    {
        try PatternCache.shared.expression(pattern ?? text(1), ignoresCase: flags.ignoresCase)
    }

    func subject(flags: PatternFlags = PatternFlags()) throws -> PatternSubject {
        try subject(text(0), try expression(flags: flags))
    }

    private func subject(_ text: String, _ expression: RegularExpression) throws -> PatternSubject {
        guard text.utf8.count <= Self.maximumLength else { throw FunctionWork.Ended.tooLong }
        return PatternSubject(text, expression, work)
    }

    /// Whether a text matches a pattern of REGEXP, which stands before it.
    func isMatched() throws -> Bool {
        var subject = try subject(text(1), try expression(try similarPattern()))
        return try subject.isMatched()
    }

    /// The pattern of REGEXP, with what ESCAPE of SIMILAR TO says.
    private func similarPattern() throws -> String {
        let pattern = text(0)
        guard values.count == 3 else { return pattern }
        let escape = text(2).unicodeScalars
        guard pattern.hasPrefix(SimilarPattern.prefix), escape.count <= 1 else {
            throw DatetimeError.invalid("ESCAPE is for SIMILAR TO, and has one character")
        }
        let similar = String(pattern.dropFirst(SimilarPattern.prefix.count))
        return SimilarPattern.regularExpression(similar, escape: escape.first)
    }

    /// `regexp_substr(text, pattern [, start [, number [, flags [, group]]]])`
    func substring() throws -> String? {
        var subject = try subject(flags: try flags(4))
        guard let match = try subject.match(try number(3), from: try position(2)) else { return nil }
        let group = try number(5, default: 0, minimum: 0)
        if group == 0 { return subject.text[match.range] }
        guard group <= match.groups.count else { return nil }
        return match.groups[group - 1].map { subject.text[$0] }
    }

    /// `regexp_replace(text, pattern, replacement [, start [, number]] [, flags])`
    func replaced() throws -> String {
        var rest = values.dropFirst(3)
        var numbers: [Int] = []
        while let value = rest.first, numbers.count < 2, case .int64 = value.storage {
            numbers.append(try number(rest.startIndex, minimum: numbers.isEmpty ? 1 : 0))
            rest = rest.dropFirst()
        }
        guard rest.count <= 1 else { throw DatetimeError.invalid("too many options") }
        let flags = try flags(rest.isEmpty ? values.count : rest.startIndex)
        var subject = try subject(flags: flags)
        let start = (numbers.first ?? 1) - 1
        let number = numbers.count > 1 ? numbers[1] : flags.isGlobal ? 0 : 1
        let matches =
            try number == 0 ? subject.matches(from: start) : [try subject.match(number, from: start)].compactMap(\.self)
        return try subject.replacing(matches, by: text(2))
    }
}
