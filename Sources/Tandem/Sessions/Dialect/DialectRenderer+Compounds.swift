import PostgresWire

// Parenthesised queries where SQLite's grammar wants a SELECT: `(SELECT …) UNION (SELECT …)`, `INSERT INTO t (SELECT …)`.
extension DialectRenderer {
    private static let queryWords: Set<String> = ["select", "with", "values"]
    static let compounds: Set<String> = ["union", "except", "intersect"]

    /// Whether a range holds a query, be it one that begins with another one's parenthesis.
    func isQuery(_ range: Range<Int>) -> Bool {
        guard let first = range.first else { return false }
        if tokens[first].kind == .word, Self.queryWords.contains(word(at: first)) { return true }
        guard word(at: first) == "(", let close = closing(first), close < range.upperBound, isQuery(first + 1..<close)
        else { return false }
        return close + 1 < range.upperBound && Self.compounds.contains(word(at: close + 1))
    }

    /// A parenthesis where a SELECT is to stand. Returns false if it is something else.
    mutating func parenthesizedSelect(_ output: inout Output, _ frame: QueryFrame) throws(PostgresError) -> Bool {
        let open = output.place
        guard word(at: open) == "(", tokens[open].kind == .symbol, let close = closing(open), close < output.end,
            standsForSelect(open, close, output), isQuery(open + 1..<close) || isWrapped(open + 1..<close)
        else { return false }
        let inner = open + 1..<close
        let sql = TranslatedSQL(" SELECT * FROM ($1)", [try query(isWrapped(inner) ? unwrapped(inner) : inner)])
        replace(through: close, by: sql, &output)
        output.operandStart = nil
        frame.phase = .rest
        return true
    }

    /// Whether a SELECT has to stand at `open`: at the beginning, behind UNION and its like, or as what is inserted.
    private func standsForSelect(_ open: Int, _ close: Int, _ output: Output) -> Bool {
        guard open > tokens.startIndex, let last = output.last else {
            let next = word(at: close + 1)
            return close + 1 == output.end || Self.compounds.contains(next)
                || ["order", "limit", "offset", "fetch", "for"].contains(next)
        }
        if last.kind == .word, Self.compounds.contains(last.word) { return true }
        if last.kind == .word, last.word == "all", Self.compounds.contains(word(at: open - 2)) { return true }
        return insertedQuery == open
    }

    /// `((SELECT …))`
    private func isWrapped(_ range: Range<Int>) -> Bool {
        guard let first = range.first, word(at: first) == "(", closing(first) == range.upperBound - 1 else {
            return false
        }
        let inner = first + 1..<range.upperBound - 1
        return isQuery(inner) || isWrapped(inner)
    }

    private func unwrapped(_ range: Range<Int>) -> Range<Int> {
        var range = range
        while isWrapped(range) { range = range.dropFirst().dropLast() }
        return range
    }

    /// The parenthesis of `INSERT INTO name [AS alias] [(columns)] (SELECT …)`; nil if there is none.
    var insertedQuery: Int? {
        guard word(at: tokens.startIndex) == "insert" else { return nil }
        var place = tokens.startIndex
        while tokens.indices.contains(place), tokens[place].isName || word(at: place) == "." { place += 1 }
        guard word(at: place) == "(", let close = closing(place) else { return nil }
        if isQuery(place + 1..<close) { return place }
        return word(at: close + 1) == "(" ? close + 1 : nil
    }
}
