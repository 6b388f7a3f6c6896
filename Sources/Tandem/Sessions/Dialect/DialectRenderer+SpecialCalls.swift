import PostgresWire

// Functions whose arguments have words between them.
extension DialectRenderer {
    /// Nil if the call is an ordinary one.
    mutating func specialCall(_ name: String, _ inner: Range<Int>, _ frame: QueryFrame) throws(PostgresError)
        -> TranslatedSQL?
    {
        switch name {
        case "trim": return try trim(inner, frame)
        case "position":
            let halves = parts(inner) { $0.kind == .word && $0.word == "in" }
            return halves.count == 2 ? try assemble("instr($2, $1)", halves, frame) : nil
        case "substring":
            return try substring(inner, frame)
        case "extract", "date_part": return try extract(name, inner, frame)
        case "make_interval": return try intervalConstructor(inner, frame)
        case "overlay": return try overlay(inner, frame)
        case "format": return try format(inner, frame)
        case "pg_typeof": return try typeName(of: inner, frame)
        case "nextval": throw sequencesAreMissing("nextval", at: inner.lowerBound - 2)
        case "txid_current", "pg_current_xact_id": throw numbersAreMissing(name, at: inner.lowerBound - 2)
        case "array_agg", "json_agg", "jsonb_agg", "string_agg": return try ordered(name, inner, frame)
        case "current_timestamp", "localtimestamp":
            guard inner.count <= 1, inner.allSatisfy({ tokens[$0].kind == .number }) else { return nil }
            return TranslatedSQL("tandem_now(\(inner.isEmpty ? "6" : tokens[inner.lowerBound].text))")
        default: return nil
        }
    }

    private func numbersAreMissing(_ name: String, at place: Int) -> PostgresError {
        PostgresError(
            code: .featureNotSupported,
            message: "\(name)() is not supported: a transaction has no number before it is committed",
            hint: "pg_current_wal_lsn() tells the position of what was committed last.",
            position: source.characterPosition(ofByte: tokens[place].range.lowerBound))
    }

    private mutating func assemble(_ template: String, _ ranges: [Range<Int>], _ frame: QueryFrame)
        throws(PostgresError) -> TranslatedSQL
    {
        var arguments: [TranslatedSQL] = []
        for range in ranges { arguments.append(try render(range, frame)) }
        return TranslatedSQL(template, arguments)
    }

    /// `trim([both | leading | trailing] [characters] FROM text)`
    private mutating func trim(_ inner: Range<Int>, _ frame: QueryFrame) throws(PostgresError) -> TranslatedSQL? {
        var halves = parts(inner) { $0.kind == .word && $0.word == "from" }
        let functions = ["both": "trim", "leading": "ltrim", "trailing": "rtrim"]
        let function = functions[word(at: inner.lowerBound)]
        guard halves.count == 2 || function != nil else { return nil }
        if function != nil { halves[0] = halves[0].dropFirst() }
        let name = function ?? "trim"
        guard halves.count == 2 else { return try assemble("\(name)($1)", halves, frame) }
        return halves[0].isEmpty
            ? try assemble("\(name)($1)", [halves[1]], frame) : try assemble("\(name)($2, $1)", halves, frame)
    }

    /// `substring(text [FROM start] [FOR count])`, in any order; `substring(text FROM 'pattern')`. Nil if it is neither.
    private mutating func substring(_ inner: Range<Int>, _ frame: QueryFrame) throws(PostgresError) -> TranslatedSQL? {
        var pieces = parts(inner) { $0.kind == .word && ["from", "for"].contains($0.word) }
        let arguments = pieces.count == 1 ? list(inner) : pieces
        if arguments.count == 2, arguments[1].count == 1, tokens[arguments[1].lowerBound].kind == .string {
            return try assemble("tandem_regexp_substring($1, $2)", arguments, frame)
        }
        let isCountFirst = pieces.count > 1 && word(at: pieces[1].lowerBound - 1) == "for"
        switch pieces.count {
        case 2 where isCountFirst: return try assemble("tandem_substring($1, 1, $2)", pieces, frame)
        case 2:
            // A place before the first character is one from the end to SQLite.
            let isPlain = pieces[1].count == 1 && tokens[pieces[1].lowerBound].kind == .number
            return try assemble(isPlain ? "substr($1, $2)" : "substr($1, max($2, 1))", pieces, frame)
        case 3:
            if isCountFirst { pieces.swapAt(1, 2) }
            return try assemble("tandem_substring($1, $2, $3)", pieces, frame)
        default: return nil
        }
    }

    /// `extract(field FROM moment)`; of a difference of two moments, seconds.
    private mutating func extract(_ name: String, _ inner: Range<Int>, _ frame: QueryFrame) throws(PostgresError)
        -> TranslatedSQL?
    {
        let halves =
            name == "extract" ? parts(inner) { $0.kind == .word && $0.word == "from" } : list(inner)
        guard halves.count == 2, let field = halves[0].first else { return nil }
        let fieldName = tokens[field].kind == .string ? WordCursor.unquoted(tokens[field].text) : tokens[field].word
        var moment = halves[1]
        while moment.count > 2, word(at: moment.lowerBound) == "(", closing(moment.lowerBound) == moment.upperBound - 1
        {
            moment = moment.dropFirst().dropLast()
        }
        let terms = parts(moment) { $0.kind == .symbol && $0.text == "-" }
        let chain = datetimeChain(at: moment.lowerBound, before: moment.upperBound)
        let isComputed = chain.map { $0.end == moment.upperBound && kind(of: $0) != nil } ?? false
        if !isComputed, fieldName.lowercased() == "epoch", terms.count == 2, !terms[0].isEmpty {
            return try assemble("(tandem_extract('epoch', $1) - tandem_extract('epoch', $2))", terms, frame)
        }
        return try assemble("tandem_extract('\(fieldName.lowercased())', $1)", [moment], frame)
    }

    /// `overlay(text PLACING other FROM start [FOR count])`
    private mutating func overlay(_ inner: Range<Int>, _ frame: QueryFrame) throws(PostgresError) -> TranslatedSQL? {
        let pieces = parts(inner) { $0.kind == .word && ["placing", "from", "for"].contains($0.word) }
        switch pieces.count {
        case 3: return try assemble("tandem_overlay($1, $2, $3, length($2))", pieces, frame)
        case 4: return try assemble("tandem_overlay($1, $2, $3, $4)", pieces, frame)
        default: return nil
        }
    }

    /// `format('%I = %L', name, value)`; SQLite's own where the pattern is one of its directives, or no literal.
    private mutating func format(_ inner: Range<Int>, _ frame: QueryFrame) throws(PostgresError) -> TranslatedSQL? {
        let arguments = list(inner)
        guard let pattern = arguments.first, pattern.count == 1, tokens[pattern.lowerBound].kind == .string,
            FormatText(WordCursor.unquoted(tokens[pattern.lowerBound].text))?.isForeign == true
        else { return nil }
        return try assemble("tandem_format($*)", arguments, frame)
    }

    /// `pg_typeof(expression)`: as far as the text tells; else what the value is to SQLite.
    private mutating func typeName(of inner: Range<Int>, _ frame: QueryFrame) throws(PostgresError) -> TranslatedSQL? {
        guard let first = inner.first, let last = inner.last, list(inner).count == 1 else { return nil }
        let items = SQLItem.items(of: source.bytes(tokens[first].range.lowerBound..<tokens[last].range.upperBound))
        let typer = ExpressionTyper(scope: StatementScope(items)) { _ in nil }
        guard let type = typer.type(of: items.indices).type else {
            return try assemble("tandem_typeof($1)", [inner], frame)
        }
        return TranslatedSQL("'\(TypeNames.words(of: Int(type.oid), modifier: -1))'")
    }

    /// An aggregate with ORDER BY in it.
    private mutating func ordered(_ name: String, _ inner: Range<Int>, _ frame: QueryFrame) throws(PostgresError)
        -> TranslatedSQL?
    {
        var depth = 0
        guard
            let order = inner.first(where: { place in
                if word(at: place) == "(" { depth += 1 }
                if word(at: place) == ")" { depth -= 1 }
                return depth == 0 && tokens[place].kind == .word && word(at: place) == "order"
            }), word(at: order + 1) == "by"
        else { return nil }
        let keys = list(order + 2..<inner.upperBound)
        guard !keys.isEmpty, keys.allSatisfy({ !$0.isEmpty }) else { return nil }
        let arguments = list(inner.lowerBound..<order)
        var sql = [TranslatedSQL]()
        for number in 0..<2 {
            let isThere = arguments.indices.contains(number) && (number == 0 || name == "string_agg")
            sql.append(isThere ? try render(arguments[number], frame) : TranslatedSQL("NULL"))
        }
        for key in keys {
            let (expression, order) = sortKey(key)
            sql.append(try render(expression, frame))
            sql.append(TranslatedSQL("\(order.rawValue)"))
        }
        return TranslatedSQL("tandem_ordered($*)", sql)
    }

    /// A key of ORDER BY without the words that say its order.
    private func sortKey(_ key: Range<Int>) -> (expression: Range<Int>, order: SortOrder) {
        var key = key
        var order: SortOrder = []
        if key.count > 2, word(at: key.upperBound - 2) == "nulls" {
            if word(at: key.upperBound - 1) == "first" { order.insert(.nullsFirst) }
            if word(at: key.upperBound - 1) == "last" { order.insert(.nullsLast) }
            key = key.dropLast(2)
        }
        if key.count > 1, ["asc", "desc"].contains(word(at: key.upperBound - 1)) {
            if word(at: key.upperBound - 1) == "desc" { order.insert(.descending) }
            key = key.dropLast()
        }
        return (key, order)
    }
}
