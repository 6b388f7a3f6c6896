import PostgresWire

// CREATE and ALTER: what SQLite keeps as the schema's text is what is replicated.
extension DialectRenderer {
    mutating func definition(_ whole: Range<Int>) throws(PostgresError) -> TranslatedSQL {
        let head = whole.prefix(4).map { word(at: $0) }
        if head[0] == "alter" {
            isDefinition = true
            return head[1] == "table" ? try alteration(whole) : try without(["only"], whole)
        }
        if head.contains("index") { return try index(whole) }
        guard head.contains("table"), !head.contains("virtual"),
            let open = whole.first(where: { word(at: $0) == "(" }), let close = closing(open),
            !tokens[..<open].contains(where: { $0.kind == .word && $0.word == "as" })
        else {
            var sql = try without(["unlogged"], whole)
            sql.filling = try filling(whole)
            return sql
        }
        isDefinition = true
        var sql = try without(["unlogged"], whole.lowerBound..<open + 1)
        let parts = list(open + 1..<close)
        let keys = primaryKey(parts)
        for (number, part) in parts.enumerated() {
            if number > 0 { sql.append(",") }
            sql.append(try column(part, keys, of: tokens[open - 1]))
        }
        sql.append(gap(close) + ")", source: tokens[close].range.lowerBound)
        sql.append(try tableOptions(close + 1..<whole.upperBound))
        sql.following = following
        return sql
    }

    /// A range without some words.
    mutating func without(_ words: Set<String>, _ range: Range<Int>) throws(PostgresError) -> TranslatedSQL {
        var sql = TranslatedSQL()
        for part in parts(range, separatedBy: { $0.kind == .word && words.contains($0.word) }) where !part.isEmpty {
            sql.append(try query(part))
        }
        return sql
    }

    /// The columns of a key that stands by itself: `PRIMARY KEY (a, b)`.
    private func primaryKey(_ parts: [Range<Int>]) -> [String]? {
        for part in parts {
            var place = part.lowerBound
            if word(at: place) == "constraint" { place += 2 }
            guard word(at: place) == "primary", word(at: place + 1) == "key", let close = closing(place + 2) else {
                continue
            }
            return list(place + 3..<close).map { word(at: $0.lowerBound) }
        }
        return nil
    }

    /// WITHOUT ROWID and STRICT are SQLite's; storage parameters and tablespaces it has not.
    private mutating func tableOptions(_ range: Range<Int>) throws(PostgresError) -> TranslatedSQL {
        var sql = TranslatedSQL()
        var place = range.lowerBound
        while place < range.upperBound {
            if word(at: place) == "with", word(at: place + 1) == "(", let close = closing(place + 1) {
                place = close + 1
            } else if ["tablespace", "using"].contains(word(at: place)) {
                place += 2
            } else {
                appendWhole(place, to: &sql)
                place += 1
            }
        }
        return sql
    }

    /// `CREATE INDEX CONCURRENTLY name ON table USING btree (…)`; one without a name gets PostgreSQL's.
    private mutating func index(_ whole: Range<Int>) throws(PostgresError) -> TranslatedSQL {
        guard let on = whole.first(where: { tokens[$0].kind == .word && word(at: $0) == "on" }) else {
            return try query(whole)
        }
        var sql = try without(["concurrently"], whole.lowerBound..<on)
        var place = on + 1
        if word(at: place) == "only" { place += 1 }
        if word(at: place) == "public", word(at: place + 1) == "." { place += 2 }
        if ["index", "concurrently"].contains(word(at: on - 1)), let open = whole.first(where: { word(at: $0) == "(" })
        {
            let columns = list(open + 1..<(closing(open) ?? open + 1)).map { word(at: $0.lowerBound) }
            sql.append(" \"\(([word(at: place)] + columns + ["idx"]).joined(separator: "_"))\"")
        }
        sql.append(" ON")
        if tokens.indices.contains(place) {
            sql.append(" ")
            append(place, to: &sql)
            place += 1
        }
        if word(at: place) == "using" { place += 2 }
        if word(at: place) == "(", let close = closing(place) {
            sql.append(try indexedColumns(place, close))
            place = close + 1
        }
        if place < whole.upperBound { sql.append(try render(place..<whole.upperBound, QueryFrame())) }
        return sql
    }

    /// `(a, lower(b) text_pattern_ops DESC)` without classes of operators: SQLite compares bytes in any case.
    mutating func indexedColumns(_ open: Int, _ close: Int) throws(PostgresError) -> TranslatedSQL {
        var sql = TranslatedSQL()
        appendWhole(open, to: &sql)
        for (number, column) in list(open + 1..<close).enumerated() {
            if number > 0 { sql.append(",") }
            let operators = column.dropFirst().first {
                tokens[$0].kind == .word && word(at: $0).hasSuffix("_ops") && isBehindIndexed($0)
                    && closesAll($0, from: column.lowerBound)
            }
            sql.append(try render(column.lowerBound..<(operators ?? column.upperBound), QueryFrame()))
            if let operators { sql.append(try render(operators + 1..<column.upperBound, QueryFrame())) }
        }
        appendWhole(close, to: &sql)
        return sql
    }

    /// Words that belong to what stands behind them.
    private static let beforeOperands: Set<String> = [
        "collate", "and", "or", "not", "is", "in", "like", "glob", "between", "escape", "from", "when", "then", "else",
    ]

    /// Whether what stands before a place is whole: `cpu_ops + disk_ops` adds two columns.
    private func isBehindIndexed(_ place: Int) -> Bool {
        let before = tokens[place - 1]
        return before.kind == .symbol
            ? before.text == ")" : before.kind != .word || !Self.beforeOperands.contains(before.word)
    }

    /// Whether no parenthesis that opens from `start` on is open at a place.
    private func closesAll(_ place: Int, from start: Int) -> Bool {
        (start..<place).allSatisfy { word(at: $0) != "(" || (closing($0) ?? place) < place }
    }
}
