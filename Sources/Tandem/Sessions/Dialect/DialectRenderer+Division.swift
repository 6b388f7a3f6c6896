import PostgresWire

// Division by and of what is cast to numeric: SQLite keeps 15::numeric as an integer and would divide it as one.
extension DialectRenderer {
    private static let numerics: Set<String> = ["numeric", "decimal"]

    /// Whether the division sign at `place` stands beside a cast to numeric.
    func dividesNumeric(_ place: Int) -> Bool { endsInNumeric(place - 1) || beginsWithNumeric(place + 1) }

    /// Whether `CAST(… AS numeric)` or `…::numeric` ends at `last`.
    private func endsInNumeric(_ last: Int) -> Bool {
        var end = last
        if word(at: last) == ")", let start = opening(last) {
            if word(at: start - 1) == "cast" { return isNumericCast(start) }
            // numeric(10, 2)
            end = start - 1
        }
        return tokens.indices.contains(end - 1) && tokens[end - 1].kind == .cast
            && Self.numerics.contains(word(at: end))
    }

    private func beginsWithNumeric(_ first: Int) -> Bool {
        if word(at: first) == "cast", word(at: first + 1) == "(" { return isNumericCast(first + 1) }
        var end = first
        while tokens.indices.contains(end), tokens[end].isName, word(at: end + 1) == "." { end += 2 }
        if tokens.indices.contains(end + 1), tokens[end].isName, word(at: end + 1) == "(" { end += 1 }
        if word(at: end) == "(" { end = closing(end) ?? end }
        return tokens.indices.contains(end + 2) && tokens[end + 1].kind == .cast
            && Self.numerics.contains(word(at: end + 2))
    }

    private func isNumericCast(_ open: Int) -> Bool {
        guard let close = closing(open) else { return false }
        let halves = parts(open + 1..<close) { $0.kind == .word && $0.word == "as" }
        return halves.count == 2 && Self.numerics.contains(typeName(from: halves[1].lowerBound, before: close).name)
    }

    /// The place of the parenthesis that the one at `close` closes; nil if none does.
    private func opening(_ close: Int) -> Int? {
        var depth = 0
        for place in (tokens.startIndex...close).reversed() where tokens[place].kind == .symbol {
            if tokens[place].text == ")" { depth += 1 }
            if tokens[place].text == "(" { depth -= 1 }
            if depth == 0 { return place }
        }
        return nil
    }
}
