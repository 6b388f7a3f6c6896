import TandemSQLite

// `SELECT count FROM (SELECT count(*) FROM t) AS s`: PostgreSQL calls a column by its function or type, SQLite by its text.
extension DialectRenderer {
    /// Looks for columns without a name of their own behind the SELECT at hand.
    mutating func findImpliedNames(_ output: Output, _ frame: QueryFrame) {
        let isKept = output.last?.word == "as" && word(at: tokens.startIndex) == "create"
        guard frame.namesColumns || isKept else { return }
        let start = output.place + (["distinct", "all"].contains(word(at: output.place + 1)) ? 2 : 1)
        let items = list(start..<max(start, endOfList(from: start, output)))
        // Which names a star has is not known here.
        guard !items.contains(where: { $0.last.map { tokens[$0].text == "*" } ?? false }) else { return }
        var implied: [String?] = []
        for item in items { implied.append(impliedName(item)) }
        var counts: [String: Int] = [:]
        for (item, name) in zip(items, implied) {
            if let name = name ?? item.last.flatMap(columnName) { counts[name, default: 0] += 1 }
        }
        for (item, name) in zip(items, implied) {
            if let name, counts[name] == 1 { frame.impliedNames[item.upperBound] = name }
        }
    }

    /// What a token calls a column, in lower case: SQLite takes `[a]` and `'a'`, too. Nil for none.
    func columnName(_ place: Int) -> String? {
        switch tokens[place].kind {
        case .word, .quotedName: tokens[place].word
        case .bracket, .string: tokens[place].text.dropFirst().dropLast().lowercased()
        default: nil
        }
    }

    /// Names the column whose expression has just been written.
    func nameColumn(_ output: inout Output, _ frame: QueryFrame) {
        guard let name = frame.impliedNames[output.place] else { return }
        output.sql.append(" AS \"\(name)\"")
    }

    private static let endsOfList: Set<String> = [
        "select", "from", "where", "group", "having", "window", "order", "limit", "offset", "fetch", "for", "union",
        "except",
        "intersect",
    ]

    private func endOfList(from start: Int, _ output: Output) -> Int {
        // IS DISTINCT FROM
        places(in: start..<max(start, output.end), of: Self.endsOfList).first { word(at: $0 - 1) != "distinct" }
            ?? output.end
    }

    /// Nil for what has a name, and for what PostgreSQL has none for.
    private mutating func impliedName(_ item: Range<Int>) -> String? {
        guard item.count > 1, let last = item.last, tokens[last].text != "*" else { return nil }
        let range = tokens[item.lowerBound].range.lowerBound..<tokens[last].range.upperBound
        // What stands within others is read for each of them.
        namedByteCount += range.count
        guard namedByteCount <= 2 * source.utf8.count else { return nil }
        let text = source.bytes(range)
        let names = ColumnNames.all(of: "SELECT \(text)", count: 1)
        guard let name = names.first ?? nil, name != "?column?", !name.contains("\"") else { return nil }
        return isColumn(item) ? nil : name
    }

    /// `t.a`
    private func isColumn(_ item: Range<Int>) -> Bool {
        item.enumerated().allSatisfy { $0 % 2 == 0 ? tokens[$1].isName : tokens[$1].text == "." }
    }

    /// Whether a SELECT may have columns that others call by names which they are not given.
    static func mayNameColumns(_ select: Int, _ words: (Int) -> String, _ places: Range<Int>) -> Bool {
        let isInner =
            words(select - 1) == "(" && ["from", "join", ",", "as", "materialized"].contains(words(select - 2))
        guard isInner || words(select - 1) == "as" && words(places.lowerBound) == "create" else { return false }
        for place in select + 1..<places.upperBound {
            switch words(place) {
            case "(", "case": return true
            case "from", ")": return false
            default: continue
            }
        }
        return false
    }
}
