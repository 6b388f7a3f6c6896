import PostgresWire

// CREATE and ALTER: what SQLite keeps as the schema's text is what is replicated.
extension DialectRenderer {
    mutating func definition(_ whole: Range<Int>) throws(PostgresError) -> TranslatedSQL {
        let head = whole.prefix(4).map { word(at: $0) }
        if head[0] == "alter" {
            isDefinition = true
            return try columnDefinitions(whole)
        }
        if head.contains("index") { return try index(whole) }
        guard head.contains("table"), !head.contains("virtual"),
            let open = whole.first(where: { word(at: $0) == "(" }), let close = closing(open),
            !tokens[..<open].contains(where: { $0.kind == .word && $0.word == "as" })
        else { return try without(["unlogged"], whole) }
        isDefinition = true
        var sql = try without(["unlogged"], whole.lowerBound..<open + 1)
        let parts = list(open + 1..<close)
        let keys = primaryKey(parts)
        for (number, part) in parts.enumerated() {
            if number > 0 { sql.append(",") }
            sql.append(try column(part, keys))
        }
        sql.append(gap(close) + ")", source: tokens[close].range.lowerBound)
        sql.append(try tableOptions(close + 1..<whole.upperBound))
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

    private static let serials: Set<String> = ["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"]
    private static let constraints: Set<String> = [
        "constraint", "not", "null", "primary", "unique", "check", "default", "references", "collate", "generated",
        "as",
    ]

    /// A column, or a constraint of the table.
    private mutating func column(_ range: Range<Int>, _ keys: [String]?) throws(PostgresError) -> TranslatedSQL {
        guard let first = range.first,
            !["constraint", "primary", "unique", "foreign", "check"].contains(word(at: first))
        else { return try render(range, QueryFrame()) }
        let typeEnd = range.dropFirst().first { Self.constraints.contains(word(at: $0)) } ?? range.upperBound
        let identity = identity(typeEnd..<range.upperBound)
        let isSerial = Self.serials.contains(word(at: first + 1))
        guard isSerial || identity != nil else {
            var sql = try render(first..<first + 1, QueryFrame())
            sql.append(columnType(first + 1..<typeEnd))
            sql.append(try columnConstraints(typeEnd..<range.upperBound))
            return sql
        }
        let isKey =
            keys == [word(at: first)]
            || (typeEnd..<range.upperBound).contains { word(at: $0) == "primary" && word(at: $0 + 1) == "key" }
        guard isKey else { throw numberedColumn(first) }
        var sql = try render(first..<first + 1, QueryFrame())
        sql.append(" INTEGER")
        let rest = identity ?? range.upperBound..<range.upperBound
        sql.append(try columnConstraints(typeEnd..<rest.lowerBound))
        sql.append(try columnConstraints(rest.upperBound..<range.upperBound))
        return sql
    }

    private func numberedColumn(_ place: Int) -> PostgresError {
        PostgresError(
            code: .featureNotSupported,
            message: "column \"\(tokens[place].word)\" cannot be numbered: only a table's primary key can",
            hint: "SQLite numbers rows by their INTEGER PRIMARY KEY alone.",
            position: source.characterPosition(ofByte: tokens[place].range.lowerBound))
    }

    /// `GENERATED ALWAYS | BY DEFAULT AS IDENTITY [(options)]`; nil if it is not there.
    private func identity(_ range: Range<Int>) -> Range<Int>? {
        guard let start = range.first(where: { word(at: $0) == "generated" }) else { return nil }
        var place = start + 1
        if word(at: place) == "always" { place += 1 } else if word(at: place) == "by" { place += 2 }
        guard word(at: place) == "as", word(at: place + 1) == "identity" else { return nil }
        place += 2
        if word(at: place) == "(", let close = closing(place) { place = close + 1 }
        return start..<min(place, range.upperBound)
    }

    /// Types whose names SQLite's grammar does not take: `TIMESTAMP (3) WITH TIME ZONE`.
    func columnType(_ range: Range<Int>) -> TranslatedSQL {
        var sql = TranslatedSQL()
        guard let first = range.first else { return sql }
        let words = range.map { word(at: $0) }
        if ["timestamp", "time"].contains(words[0]), words.suffix(2) == ["time", "zone"] {
            let isWith = words.contains("with")
            appendWhole(first, to: &sql)
            let isUppercase = tokens[first].text.first?.isUppercase == true
            if isWith, words[0] == "timestamp" { sql.append(isUppercase ? "TZ" : "tz") }
            return sql
        }
        for place in range { appendWhole(place, to: &sql) }
        return sql
    }

    /// The constraints of a column; PostgreSQL's DEFAULT takes functions without parentheses.
    private mutating func columnConstraints(_ range: Range<Int>) throws(PostgresError) -> TranslatedSQL {
        guard let place = range.first(where: { word(at: $0) == "default" }), place + 1 < range.upperBound else {
            return range.isEmpty ? TranslatedSQL() : try render(range, QueryFrame())
        }
        var sql = try render(range.lowerBound..<place + 1, QueryFrame())
        var end = place + 2
        let moments = ["now", "transaction_timestamp", "statement_timestamp", "clock_timestamp", "localtimestamp"]
        if let expression = defaultExpression(place + 1..<range.upperBound) {
            sql.append(" (")
            sql.append(try render(expression, QueryFrame()))
            sql.append(")")
            sql.append(try columnConstraints(expression.upperBound..<range.upperBound))
            return sql
        }
        let isCall = word(at: end) == "(" && tokens[place + 1].kind == .word
        if isCall, let close = closing(end) { end = close + 1 }
        if let chain = datetimeChain(at: place + 1, before: range.upperBound), isComputed(chain), kind(of: chain) != nil
        {
            sql.append(" (")
            sql.append(try arithmetic(chain, QueryFrame()))
            sql.append(")")
            end = chain.end
        } else if moments.contains(word(at: place + 1)) || word(at: place + 1) == "current_timestamp" && isCall {
            // Other programs that open the file know it, too.
            sql.append(" (strftime('%Y-%m-%d %H:%M:%f', 'now'))")
        } else if isCall {
            sql.append(" (")
            sql.append(try render(place + 1..<end, QueryFrame()))
            sql.append(")")
        } else {
            if word(at: place + 1) == "(", let close = closing(place + 1) { end = close + 1 }
            if [.symbol].contains(tokens[place + 1].kind), ["-", "+"].contains(word(at: place + 1)) { end += 1 }
            sql.append(try render(place + 1..<end, QueryFrame()))
        }
        while end < range.upperBound, tokens[end].kind == .cast {
            end = typeName(from: end + 1, before: range.upperBound).end + 1
        }
        sql.append(try columnConstraints(end..<range.upperBound))
        return sql
    }

    /// A default that is computed, such as `3 + 5`, which SQLite wants in parentheses; nil if it is anything simpler.
    private func defaultExpression(_ range: Range<Int>) -> Range<Int>? {
        var depth = 0
        var isComputed = false
        for place in range {
            switch word(at: place) {
            case "(": depth += 1
            case ")": depth -= 1
            case let word where depth == 0 && place > range.lowerBound && Self.constraints.contains(word):
                return isComputed ? range.lowerBound..<place : nil
            case "+", "-", "*", "/", "%", "||": isComputed = isComputed || depth == 0 && place > range.lowerBound
            default: continue
            }
        }
        return isComputed ? range : nil
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

    /// ALTER TABLE … ADD COLUMN.
    private mutating func columnDefinitions(_ whole: Range<Int>) throws(PostgresError) -> TranslatedSQL {
        guard let add = whole.first(where: { word(at: $0) == "add" }) else { return try without(["only"], whole) }
        let start = word(at: add + 1) == "column" ? add + 2 : add + 1
        var sql = try without(["only"], whole.lowerBound..<start)
        guard start < whole.upperBound else { return sql }
        sql.append(try column(start..<whole.upperBound, nil))
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
        if place < whole.upperBound { sql.append(try render(place..<whole.upperBound, QueryFrame())) }
        return sql
    }
}
