/// A text, and the regular expression that is looked for in it.
struct PatternSubject {
    let text: SubjectText
    private let expression: RegularExpression
    /// What the calls of it may take together.
    private var work: FunctionWork

    init(_ text: String, _ expression: RegularExpression, _ work: FunctionWork) {
        self.text = SubjectText(text, ignoresCase: expression.ignoresCase)
        self.expression = expression
        self.work = work
    }

    mutating func isMatched() throws(FunctionWork.Ended) -> Bool { try expression.matches(text, &work) }

    mutating func matches(from start: Int) throws(FunctionWork.Ended) -> [RegularExpression.Match] {
        try expression.allMatches(in: text, from: start, &work)
    }

    /// The match of that number, counted from 1.
    mutating func match(_ number: Int, from start: Int) throws(FunctionWork.Ended) -> RegularExpression.Match? {
        guard number > 1 else {
            return start <= text.count ? try expression.firstMatch(in: text, from: start, &work) : nil
        }
        let matches = try matches(from: start)
        return number <= matches.count ? matches[number - 1] : nil
    }

    /// What the parentheses hold, or the whole match where there are none.
    func parts(_ match: RegularExpression.Match) -> [String?] {
        match.groups.isEmpty ? [text[match.range]] : match.groups.map { range in range.map { text[$0] } }
    }

    /// What lies between the matches. Empty ones at the ends of the text and behind another match separate nothing.
    mutating func split() throws(FunctionWork.Ended) -> [String] {
        var parts: [String] = []
        var end = 0
        for match in try matches(from: 0)
        where !match.range.isEmpty || match.range.lowerBound > end && match.range.lowerBound < text.count {
            parts.append(text[end..<match.range.lowerBound])
            end = match.range.upperBound
        }
        return parts + [text[end..<text.count]]
    }

    /// The text with others in place of the matches.
    ///
    /// - Parameter replacement: `\1` … stand for what the parentheses hold, `\&` for the match.
    func replacing(
        _ matches: [RegularExpression.Match], by replacement: String
    ) throws(FunctionWork.Ended) -> String {
        var result = ""
        var end = 0
        for match in matches {
            result += text[end..<match.range.lowerBound]
            append(replacement, match, to: &result)
            // A few letters must not become gigabytes.
            guard result.utf8.count <= 256 << 20 else { throw .tooLong }
            end = match.range.upperBound
        }
        return result + text[end..<text.count]
    }

    private func append(_ replacement: String, _ match: RegularExpression.Match, to result: inout String) {
        var scalars = replacement.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "\\" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            switch scalars.next() {
            case "&": result += text[match.range]
            case "\\": result += "\\"
            case let digit? where ("1"..."9").contains(digit):
                let number = Int(digit.value - 0x30)
                if number <= match.groups.count, let group = match.groups[number - 1] { result += text[group] }
            case let other?: result += "\\\(other)"
            case nil: result += "\\"
            }
        }
    }
}
