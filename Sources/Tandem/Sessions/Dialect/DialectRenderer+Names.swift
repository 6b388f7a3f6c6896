import PostgresWire

// Words and names: schemas, functions, and the words that PostgreSQL has functions for.
extension DialectRenderer {
    mutating func name(_ token: DialectToken, _ output: inout Output, _ frame: QueryFrame) throws(PostgresError) {
        if isAlias(output) { return keep(&output) }
        if isOnly(output, frame) { return skip(through: output.place, &output) }
        if returnedColumn(&output, frame) { return }
        if token.kind == .word {
            if !isAfterOperand(output), try datetimeLiteral(&output) { return }
            if token.word == "at", try timeZone(&output) { return }
        }
        if word(at: output.place + 1) == ".", tokens.indices.contains(output.place + 2) {
            if token.word == "pg_catalog" || token.word == "public" && hasPublicSchema {
                return skipSchema(&output)
            }
            if word(at: output.place + 2) == "tableoid", let number = tableNumber(of: token.word) {
                return tableNumber(number, through: output.place + 2, &output, frame)
            }
            if token.word == "information_schema" { return schemaRelation(&output, frame) }
        }
        if token.word == "tableoid", let number = tableNumber(at: output.place) {
            return tableNumber(number, through: output.place, &output, frame)
        }
        if frame.phase == .sources, try source(&output, frame) { return }
        if word(at: output.place + 1) == "(", !isBeforeOperand(token, output) {
            if try call(token, &output, frame) { return }
        } else if token.kind == .word, try keyword(token, &output, frame) {
            return
        }
        if CatalogNames.isRelation(token.word) { relations.insert(token.word) }
        keep(&output)
    }

    /// Words that an operand follows, and that are no functions, whatever stands behind them.
    private static let noFunctions: Set<String> = [
        "and", "or", "not", "is", "between", "ilike", "on", "by", "where", "having", "distinct", "case", "when", "then",
        "else", "lateral",
    ]

    /// Whether a parenthesis behind this word is an operand of its own: `a AND (b)::int` casts `(b)`.
    private func isBeforeOperand(_ token: DialectToken, _ output: Output) -> Bool {
        guard token.kind == .word else { return false }
        // SQLite has a function of that name, too.
        if token.word == "like" { return isAfterOperand(output) || output.last?.word == "not" }
        return Self.noFunctions.contains(token.word)
    }

    /// `FROM ONLY t`, `UPDATE ONLY t`: tables have no heirs here. A table may be called so, too.
    private func isOnly(_ output: Output, _ frame: QueryFrame) -> Bool {
        let next = output.place + 1
        // Behind USING nothing has been written yet.
        let isAtSource = output.last.map { ["from", "update", "join", ","].contains($0.word) } ?? true
        guard frame.phase == .sources, isAtSource, tokens[output.place].kind == .word, next < output.end,
            word(at: output.place) == "only"
        else { return false }
        let isTable = tokens[next].isName && !Self.behindSource.contains(word(at: next))
        let others: Set = ["as", "indexed", "not", "is", "in", "and", "or", "between", "like"]
        return word(at: next) == "(" || isTable && !others.contains(word(at: next))
    }

    /// Drops a schema; the name behind it takes the place of the whole.
    private func skipSchema(_ output: inout Output) {
        appendGap(output.place, to: &output.sql)
        output.place += 2
    }

    /// `information_schema.tables` is a relation of that whole name here, so that tables of users are called as they like.
    private mutating func schemaRelation(_ output: inout Output, _ frame: QueryFrame) {
        let name = tokens[output.place + 2].word
        guard word(at: output.place + 3) != "(", CatalogNames.isRelation("information_schema.\(name)"),
            frame.phase == .sources
        else { return skipSchema(&output) }
        relations.insert("information_schema.\(name)")
        var sql = TranslatedSQL("\"information_schema.\(name)\"")
        let next = output.place + 3
        let hasAlias =
            tokens.indices.contains(next)
            && (word(at: next) == "as" || tokens[next].isName && !Self.behindSource.contains(word(at: next)))
        if !hasAlias { sql.append(" AS \(name)") }
        replace(through: output.place + 2, by: sql, &output)
    }

    /// Words behind a table that are no alias of it.
    static let behindSource: Set<String> = [
        "where", "on", "using", "join", "left", "right", "inner", "cross", "natural", "full", "outer", "group", "order",
        "limit", "union", "except", "intersect", "returning", "window", "having", "offset", "for", "fetch", "set",
    ]

    /// A word that means something to PostgreSQL. Returns false if it is written as it is.
    private mutating func keyword(_ token: DialectToken, _ output: inout Output, _ frame: QueryFrame)
        throws(PostgresError) -> Bool
    {
        let place = output.place
        switch token.word {
        case "case": return try whole(through: closingCase(place), &output, frame)
        case "ilike":
            output.sql.append(gap(place) + "LIKE", source: token.range.lowerBound)
            output.operandStart = nil
            output.last = token
            output.place += 1
            return true
        case "collate":
            guard let end = skippedCollation(place) else { return false }
            skip(through: end, &output)
            return true
        case "array":
            guard tokens.indices.contains(place + 1), tokens[place + 1].kind == .bracket else { return false }
            let items = try inside(tokens[place + 1])
            replace(through: place + 1, by: TranslatedSQL("json_array($1)", [items]), &output)
            return true
        case "similar":
            guard word(at: place + 1) == "to" else { return false }
            output.sql.append(" REGEXP '\(SimilarPattern.prefix)' || ", source: token.range.lowerBound)
            output.operandStart = nil
            output.last = DialectToken(.symbol, tokens[place + 1].range, "||")
            output.place += 2
            return true
        case "lateral":
            skip(through: place, &output)
            return true
        case "overriding" where isOverriding(place):
            skip(through: place + 2, &output)
            return true
        default:
            guard let template = DialectFunctions.words[token.word] else { return false }
            // SQLite does not reserve them.
            if token.word == "localtime", mayNameColumns { return false }
            if token.word == "user", isAfterOperand(output) || mayNameColumns && !isAboutCatalog { return false }
            // SQLite knows it, of whole seconds: what is kept as text stays so, so that other programs can open the file.
            if token.word == "current_timestamp", isOfSchema { return false }
            replace(through: place, by: TranslatedSQL(template), &output)
            return true
        }
    }

    /// Writes a range as one operand.
    private mutating func whole(through end: Int?, _ output: inout Output, _ frame: QueryFrame) throws(PostgresError)
        -> Bool
    {
        guard let end, end < output.end else { return false }
        keep(&output)
        let start = output.operandStart
        output.sql.append(try render(output.place..<end + 1, frame))
        output.operandStart = start
        output.last = DialectToken(.other, tokens[end].range, "")
        output.place = end + 1
        return true
    }

    func closingCase(_ start: Int) -> Int? {
        var depth = 0
        for place in start..<tokens.endIndex where tokens[place].kind == .word {
            if tokens[place].word == "case" { depth += 1 }
            if tokens[place].word == "end" { depth -= 1 }
            if depth == 0 { return place }
        }
        return nil
    }

    /// The end of a COLLATE of PostgreSQL's: SQLite compares bytes, as "C" does, and has no others of these names.
    private func skippedCollation(_ place: Int) -> Int? {
        var end = place + 1
        if word(at: end) == "pg_catalog", word(at: end + 1) == "." { end += 2 }
        return ["default", "c", "posix", "c.utf-8", "ucs_basic"].contains(word(at: end)) ? end : nil
    }
}
