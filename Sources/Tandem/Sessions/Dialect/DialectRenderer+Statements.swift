import PostgresWire

// Statements that are something else to SQLite as a whole, and the relations of the catalogue in front of them.
extension DialectRenderer {
    mutating func statement() throws(PostgresError) -> TranslatedSQL {
        try refuseMissing()
        let whole = tokens.indices
        let sql: TranslatedSQL?
        switch word(at: whole.lowerBound) {
        case "explain": return try explain(whole)
        case "truncate": return try truncate(whole)
        case "create", "alter", "drop":
            try refuseSequence(whole)
            return word(at: whole.lowerBound) == "drop" ? try drop(whole) : try definition(whole)
        case "table": sql = try table(whole)
        case "insert", "replace": sql = try insertWithoutDefaults(whole)
        case "delete", "with": sql = try deletionUsing(whole)
        default: sql = nil
        }
        if let sql { return withRelations(sql) }
        // Not within the call: what is mentioned is known only behind it.
        let other = try query(whole)
        return withRelations(other)
    }

    /// `TABLE name [ORDER BY …]`
    private mutating func table(_ whole: Range<Int>) throws(PostgresError) -> TranslatedSQL {
        let frame = QueryFrame()
        frame.phase = .sources
        var sql = TranslatedSQL("SELECT * FROM")
        sql.append(try render(whole.dropFirst(), frame, isFrame: true))
        return sql
    }

    private func refuseMissing() throws(PostgresError) {
        for place in tokens.indices where tokens[place].kind == .word {
            guard let missing = MissingFeature.at(place, { word(at: $0) }) else { continue }
            throw PostgresError(
                code: .featureNotSupported, message: "\(missing.name) is not supported", hint: missing.hint,
                position: source.characterPosition(ofByte: tokens[place].range.lowerBound))
        }
    }

    /// `WITH pg_class(…) AS (…)` before the statement, for the relations it mentions.
    private func withRelations(_ sql: TranslatedSQL, at place: Int = 0) -> TranslatedSQL {
        let definitions = Catalog.definitions(of: relations)
        guard !definitions.isEmpty else { return sql }
        var result = sql
        let start = word(at: tokens.startIndex) == "explain" ? tokens.startIndex + 1 : tokens.startIndex
        if place == 0, word(at: start) == "with" {
            // Its own relations follow, so that they may mention these.
            let isRecursive = word(at: start + 1) == "recursive"
            _ = result.takeStart(isRecursive ? 3 : 1)
            result.insert(TranslatedSQL("WITH RECURSIVE \(definitions), "), at: 0)
        } else {
            result.insert(TranslatedSQL("WITH RECURSIVE \(definitions) "), at: place)
        }
        return result
    }

    /// CREATE, ALTER or DROP SEQUENCE.
    private func refuseSequence(_ whole: Range<Int>) throws(PostgresError) {
        let verb = whole.lowerBound
        let object = ["temp", "temporary"].contains(word(at: verb + 1)) ? verb + 2 : verb + 1
        guard word(at: object) == "sequence", tokens[object].kind == .word else { return }
        throw sequencesAreMissing("\(tokens[verb].word.uppercased()) SEQUENCE", at: object)
    }

    /// A number that is taken before its row is inserted would have to stay taken when the transaction is rolled back:
    /// Hibernate goes on numbering from it. Whatever is stored here is rolled back.
    func sequencesAreMissing(_ what: String, at place: Int) -> PostgresError {
        PostgresError(
            code: .featureNotSupported, message: "\(what) is not supported: there are no sequences",
            hint: "SQLite numbers a row when it is inserted: declare the key SERIAL or GENERATED … AS IDENTITY "
                + "(GenerationType.IDENTITY of JPA); INSERT … RETURNING, or currval() behind it, tells its number.",
            position: source.characterPosition(ofByte: tokens[place].range.lowerBound))
    }

    /// `EXPLAIN [ANALYZE] [VERBOSE] [(option, …)] statement`: how SQLite would go about it.
    private mutating func explain(_ whole: Range<Int>) throws(PostgresError) -> TranslatedSQL {
        var place = whole.lowerBound + 1
        if word(at: place) == "query", word(at: place + 1) == "plan" {
            place += 2
        } else {
            while ["analyze", "verbose"].contains(word(at: place)) { place += 1 }
            if word(at: place) == "(", let close = closing(place) { place = close + 1 }
        }
        var rest = DialectRenderer(source: source, tokens: Array(tokens[place...]), places)
        let statement = try rest.statement()
        var sql = TranslatedSQL("EXPLAIN QUERY PLAN ")
        sql.append(statement)
        return sql
    }

    /// DROP … CASCADE, RESTRICT, CONCURRENTLY: words that change nothing here.
    private mutating func drop(_ whole: Range<Int>) throws(PostgresError) -> TranslatedSQL {
        var range = whole
        if ["cascade", "restrict"].contains(word(at: range.upperBound - 1)) { range = range.dropLast() }
        let names = list(range)
        return names.count > 1 ? try drop(names) : try without(["concurrently"], range)
    }

    /// `DROP TABLE [IF EXISTS] a, b`: one after the other.
    private mutating func drop(_ names: [Range<Int>]) throws(PostgresError) -> TranslatedSQL {
        let verb = names[0].lowerBound
        var start = verb + 2
        if word(at: start) == "concurrently" { start += 1 }
        let isConditional = word(at: start) == "if" && word(at: start + 1) == "exists"
        if isConditional { start += 2 }
        var statements: [TranslatedSQL] = []
        for name in names {
            var sql = TranslatedSQL("DROP \(word(at: verb + 1).uppercased())\(isConditional ? " IF EXISTS" : "")")
            sql.append(" ")
            sql.append(try render(max(start, name.lowerBound)..<max(start, name.upperBound), QueryFrame()))
            statements.append(sql)
        }
        guard var result = statements.popLast() else { return TranslatedSQL() }
        result.preceding = statements.map(\.text)
        return result
    }
}
