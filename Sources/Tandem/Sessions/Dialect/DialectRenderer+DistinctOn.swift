import PostgresWire

// SELECT DISTINCT ON (a) a, b FROM … ORDER BY a, c: the first row of each `a`, by the numbers that window functions give.
extension DialectRenderer {
    /// The clauses of such a SELECT.
    private struct DistinctOn {
        var keys: Range<Int>
        var items: [Range<Int>]
        /// From FROM up to ORDER BY.
        var body: Range<Int>
        var order: [Range<Int>]
        /// LIMIT and what follows.
        var rest: Range<Int>
    }

    /// The place of SELECT DISTINCT ON in a query, outside of parentheses; nil if it is not there.
    func distinctOn(_ range: Range<Int>) -> Int? {
        places(in: range, of: ["select"]).first { place in
            word(at: place + 1) == "distinct" && word(at: place + 2) == "on" && word(at: place + 3) == "("
        }
    }

    /// - Parameter select: the place of its SELECT in `range`.
    mutating func distinctOn(_ range: Range<Int>, at select: Int) throws(PostgresError) -> TranslatedSQL {
        let clauses = try distinctOnClauses(select..<range.upperBound)
        var result =
            select > range.lowerBound
            ? try render(range.lowerBound..<select, QueryFrame(), isFrame: true) : TranslatedSQL()
        let frame = QueryFrame()
        frame.phase = .list
        var inner = TranslatedSQL("SELECT ")
        var outer = "SELECT "
        for (number, item) in clauses.items.enumerated() {
            let (expression, name) = try distinctOnItem(item)
            inner.append(try render(expression, frame))
            inner.append(" AS tandem_\(number), ")
            outer += "\(number > 0 ? ", " : "")tandem_\(number) AS \(name)"
        }
        var keys = TranslatedSQL()
        for key in list(clauses.keys) {
            if !keys.isEmpty { keys.append(", ") }
            keys.append(try render(meaning(of: key, clauses.items), frame))
        }
        var order = TranslatedSQL()
        for key in clauses.order {
            order.append(order.isEmpty ? "ORDER BY " : ", ")
            order.append(try orderKey(key, clauses.items, frame))
        }
        inner.append(TranslatedSQL("row_number() OVER (PARTITION BY $1 $2) AS tandem_row, ", [keys, order]))
        inner.append(TranslatedSQL("row_number() OVER ($1) AS tandem_place ", [order]))
        inner.append(try query(clauses.body))
        let gap = result.isEmpty ? "" : " "
        result.append(TranslatedSQL("\(gap)\(outer) FROM ($1) WHERE tandem_row = 1 ORDER BY tandem_place ", [inner]))
        let limits = QueryFrame()
        limits.phase = .rest
        if !clauses.rest.isEmpty { result.append(try render(clauses.rest, limits, isFrame: true)) }
        // Its keys are written up to four times, and so are those of others within them.
        let length = tokens[range.upperBound - 1].range.upperBound - tokens[range.lowerBound].range.lowerBound
        guard result.byteCount <= max(1 << 20, 16 * length) else { throw .tooDeep }
        return result
    }

    private func distinctOnClauses(_ range: Range<Int>) throws(PostgresError) -> DistinctOn {
        guard let close = closing(range.lowerBound + 3), close < range.upperBound else {
            throw unsupportedDistinctOn(range)
        }
        let ends = places(in: close + 1..<range.upperBound, of: ["limit", "offset", "fetch", "for"])
        let end = ends.first ?? range.upperBound
        let order = places(in: close + 1..<end, of: ["order"]).first ?? end
        let from = places(in: close + 1..<order, of: ["from"]).first ?? order
        let others = places(
            in: close + 1..<range.upperBound, of: ["union", "except", "intersect", "returning", "on", "window"])
        let items = list(close + 1..<from)
        guard !others.contains(where: { word(at: $0) != "on" || $0 > order }), !items.isEmpty,
            items.allSatisfy({ !$0.isEmpty && tokens[$0.upperBound - 1].text != "*" })
        else { throw unsupportedDistinctOn(range) }
        let keys = order + 2 < end ? list(order + 2..<end) : []
        return DistinctOn(
            keys: range.lowerBound + 4..<close, items: items, body: from..<order, order: keys,
            rest: end..<range.upperBound)
    }

    private func unsupportedDistinctOn(_ range: Range<Int>) -> PostgresError {
        PostgresError(
            code: .featureNotSupported, message: "this form of SELECT DISTINCT ON is not supported",
            hint: "Name the columns instead of *, and put UNION, WINDOW and RETURNING around it, not beside it.",
            position: source.characterPosition(ofByte: tokens[range.lowerBound].range.lowerBound))
    }

    /// The places of words outside of parentheses.
    func places(in range: Range<Int>, of words: Set<String>) -> [Int] {
        var depth = 0
        return range.filter { place in
            if word(at: place) == "(" { depth += 1 }
            if word(at: place) == ")" { depth -= 1 }
            return depth == 0 && tokens[place].kind == .word && words.contains(word(at: place))
        }
    }

    /// An item of the list without its name, and the name as PostgreSQL gives it.
    private func distinctOnItem(_ range: Range<Int>) throws(PostgresError) -> (expression: Range<Int>, name: String) {
        let last = range.upperBound - 1
        if range.count > 2, word(at: last - 1) == "as", tokens[last].isName {
            return (range.lowerBound..<last - 1, tokens[last].text)
        }
        guard tokens[last].isName else {
            let isCall = tokens[range.lowerBound].isName && word(at: range.lowerBound + 1) == "("
            return (range, isCall ? tokens[range.lowerBound].text : "\"?column?\"")
        }
        let isColumn = range.enumerated().allSatisfy { number, place in
            number % 2 == 0 ? tokens[place].isName : word(at: place) == "."
        }
        if isColumn { return (range, tokens[last].text) }
        // A name behind an expression, without AS.
        let before = tokens[last - 1]
        let isBehind =
            before.text == ")" || [.string, .number, .parameter].contains(before.kind) || before.word == "end"
            || before.kind == .quotedName
            || before.kind == .word && (word(at: last - 2) == "." || tokens[last - 2].kind == .cast)
        guard isBehind, word(at: last) != "end" else { return (range, "\"?column?\"") }
        return (range.lowerBound..<last, tokens[last].text)
    }

    /// What a number or a name of the list stands for in ORDER BY and ON.
    private func meaning(of key: Range<Int>, _ items: [Range<Int>]) throws(PostgresError) -> Range<Int> {
        guard key.count == 1, let place = key.first else { return key }
        if tokens[place].kind == .number, let number = Int(tokens[place].text), items.indices.contains(number - 1) {
            return try distinctOnItem(items[number - 1]).expression
        }
        guard tokens[place].isName else { return key }
        for item in items {
            let (expression, _) = try distinctOnItem(item)
            if expression != item, tokens[item.upperBound - 1].word == tokens[place].word { return expression }
        }
        return key
    }

    /// `expression [ASC | DESC] [NULLS FIRST | LAST]`
    private mutating func orderKey(_ key: Range<Int>, _ items: [Range<Int>], _ frame: QueryFrame) throws(PostgresError)
        -> TranslatedSQL
    {
        let end = places(in: key, of: ["asc", "desc", "nulls"]).first ?? key.upperBound
        var sql = try render(meaning(of: key.lowerBound..<end, items), frame)
        for place in end..<key.upperBound { appendWhole(place, to: &sql) }
        return sql
    }
}
