import PostgresWire

// Functions, and what looks like one.
extension DialectRenderer {
    /// A name with a parenthesis behind it. Returns false if it is written as it is.
    mutating func call(_ token: DialectToken, _ output: inout Output, _ frame: QueryFrame) throws(PostgresError) -> Bool
    {
        let open = output.place + 1
        guard let close = closing(open), close < output.end, open != insertedQuery else { return false }
        let inner = open + 1..<close
        if CatalogNames.isRelation(token.word), inner.isEmpty || Self.empty.contains(token.word),
            frame.phase == .sources
        {
            relations.insert(token.word)
            replace(through: close, by: TranslatedSQL(token.text), &output)
            return true
        }
        switch token.word {
        case "operator" where token.kind == .word:
            pattern(tokens[close - 1].text, through: close, &output)
            return true
        case "any", "some", "all": return try quantified(token.word, inner, close, &output, frame)
        case "array":
            guard ["select", "with", "values"].contains(word(at: inner.lowerBound)) else { return false }
            let template =
                "(WITH tandem_rows(tandem_v) AS ($1) SELECT json_group_array(tandem_v) FROM tandem_rows)"
            replace(through: close, by: TranslatedSQL(template, [try query(inner)]), &output)
            return true
        case "cast": return try cast(inner, close, &output, frame)
        case "unnest", "generate_series", "generate_subscripts", "_pg_expandarray", "regexp_matches",
            "regexp_split_to_table", "aclexplode":
            guard frame.phase == .list else { return false }
            try rowFunction(token.word, inner, close, &output, frame)
            return true
        default: break
        }
        return try function(token.word, inner, close, &output, frame)
    }

    /// Functions that make no rows of whatever they are given.
    private static let empty: Set<String> = ["aclexplode", "pg_options_to_table", "pg_partition_tree"]

    /// A boolean, which is 0 or 1 to SQLite, as JSON has it.
    private static let jsonBoolean = "json(CASE tandem_boolean($1) WHEN 0 THEN 'false' WHEN 1 THEN 'true' END)"

    private mutating func function(
        _ name: String, _ inner: Range<Int>, _ close: Int, _ output: inout Output, _ frame: QueryFrame
    ) throws(PostgresError) -> Bool {
        if let special = try specialCall(name, inner, frame) {
            replace(through: close, by: special, &output)
            return true
        }
        let ranges = list(inner)
        guard let template = DialectFunctions.template(of: name, arguments: ranges.count) else {
            return try keepCall(inner, close, &output, frame)
        }
        let booleans = self.booleans[output.place] ?? []
        var arguments: [TranslatedSQL] = []
        for (number, range) in ranges.enumerated() {
            let argument = try render(range, frame)
            arguments.append(booleans.contains(number) ? TranslatedSQL(Self.jsonBoolean, [argument]) : argument)
        }
        noteUse(of: name, template)
        replace(through: close, by: TranslatedSQL(keepingParameters(template, ranges), arguments), &output)
        return true
    }

    /// The template with the parameters of arguments that it has no use for: the client binds them all the same.
    private func keepingParameters(_ template: String, _ arguments: [Range<Int>]) -> String {
        guard !template.contains("$*") else { return template }
        let unused = arguments.indices.filter { number in
            !template.contains("$\(number + 1)") && arguments[number].contains { tokens[$0].kind == .parameter }
        }
        return unused.reduce(template) { "iif(1, \($0), $\($1 + 1))" }
    }

    /// Notes what the statement needs for a function.
    mutating func noteUse(of name: String, _ template: String) {
        relations.formUnion(CatalogNames.mentioned(in: template))
        if name.hasPrefix("pg_"), name.contains("_advisory_") { takesAdvisoryLocks = true }
    }

    /// A function of SQLite's: its name as it is, its arguments translated.
    private mutating func keepCall(
        _ inner: Range<Int>, _ close: Int, _ output: inout Output, _ frame: QueryFrame
    ) throws(PostgresError) -> Bool {
        keep(&output)
        let start = output.operandStart
        appendWhole(output.place, to: &output.sql)
        // `WITH name AS (SELECT …)` looks like a call.
        let isNamed = ["as", "materialized"].contains(output.last?.word)
        output.sql.append(isQuery(inner) ? try query(inner, namesColumns: isNamed) : try render(inner, frame))
        appendWhole(close, to: &output.sql)
        output.operandStart = start
        output.last = tokens[close]
        output.place = close + 1
        return true
    }

    /// `= ANY (array)` is IN, `<> ALL (array)` is NOT IN.
    private mutating func quantified(
        _ word: String, _ inner: Range<Int>, _ close: Int, _ output: inout Output, _ frame: QueryFrame
    ) throws(PostgresError) -> Bool {
        guard let last = output.last, last.kind == .symbol else { return false }
        let isIn = last.text == "=" && word != "all"
        guard isIn || ["<>", "!="].contains(last.text) && word == "all" else { return false }
        output.sql.removeLast()
        let list: TranslatedSQL
        if self.word(at: inner.lowerBound) == "array", inner.count == 2, tokens[inner.lowerBound + 1].kind == .bracket {
            list = try inside(tokens[inner.lowerBound + 1])
        } else if ["select", "with", "values"].contains(self.word(at: inner.lowerBound)) {
            list = try query(inner)
        } else {
            list = TranslatedSQL(
                "SELECT value FROM json_each(tandem_array($1))", [try render(inner, frame)])
        }
        replace(through: close, by: TranslatedSQL("\(isIn ? "" : " NOT") IN ($1)", [list]), &output)
        output.operandStart = nil
        return true
    }

    /// `CAST(expression AS type)`
    private mutating func cast(_ inner: Range<Int>, _ close: Int, _ output: inout Output, _ frame: QueryFrame)
        throws(PostgresError) -> Bool
    {
        let halves = parts(inner) { $0.kind == .word && $0.word == "as" }
        guard halves.count == 2 else { return false }
        let (type, _) = typeName(from: halves[1].lowerBound, before: close)
        // SQLite's own types are left as they are written.
        let isQualified = word(at: halves[1].lowerBound) == "pg_catalog"
        // To those that it does not know, it would make numbers of texts: CAST('2026-11-26' AS DATE) is 2026.
        let isOwn = DialectCasts.templates[type].map { !$0.hasPrefix("CAST") } ?? DialectCasts.unchanged.contains(type)
        guard isQualified || isOwn else {
            return try keepCall(inner, close, &output, frame)
        }
        let operand = try render(halves[0], frame)
        let sql =
            isOfSchema && Self.textTypes[type] != nil
            ? operand : DialectCasts.cast(operand, to: type, isLiteral: false)
        relations.formUnion(CatalogNames.mentioned(in: sql.text))
        replace(through: close, by: sql, &output)
        return true
    }

    /// Functions that make an array of their arguments, by those that make rows of them.
    static let rowMakers = [
        "generate_series": "tandem_series", "regexp_matches": "tandem_regexp_matches",
        "regexp_split_to_table": "tandem_regexp_split",
    ]

    /// A function in the select list that makes a row for each element: the sources get `json_each` of the array. Further
    /// ones go along with the first, as PostgreSQL has it for arrays of one length.
    private mutating func rowFunction(
        _ name: String, _ inner: Range<Int>, _ close: Int, _ output: inout Output, _ frame: QueryFrame
    ) throws(PostgresError) {
        let arguments = list(inner)
        guard let first = arguments.first else { return keep(&output) }
        if name == "unnest", arguments.count > 1 { throw severalArrays(output.place) }
        var array = try render(first, frame)
        if let maker = Self.rowMakers[name] {
            var all = [array]
            for range in arguments.dropFirst() { all.append(try render(range, frame)) }
            array = TranslatedSQL("\(maker)($*)", all)
        }
        let isFirst = frame.rowFunctions.isEmpty
        if isFirst {
            rowFunctionCount += 1
            frame.rowFunctions.append(.init(name: "tandem_rows_\(rowFunctionCount)", array: array))
        }
        let rows = frame.rowFunctions[0].name
        let value = isFirst ? TranslatedSQL("\(rows).value") : TranslatedSQL("tandem_item($1, \(rows).key)", [array])
        let sql =
            switch name {
            // Vectors such as pg_index.indkey count from 0, arrays from 1.
            case "generate_subscripts": TranslatedSQL("(\(rows).key + tandem_lower($1))", [array])
            case "_pg_expandarray": TranslatedSQL("json_object('x', $1, 'n', \(rows).key + 1)", [value])
            default: value
            }
        replace(through: close, by: sql, &output)
    }
}
