import PostgresWire

// The clauses of a SELECT, and functions as sources of rows.
extension DialectRenderer {
    private static let afterSources: Set<String> = ["where", "group", "having", "window", "order", "returning"]

    /// A word that begins a clause. Returns true if it has been written.
    mutating func clause(_ output: inout Output, _ frame: QueryFrame) throws(PostgresError) -> Bool {
        let token = tokens[output.place]
        guard token.kind == .word else { return false }
        switch token.word {
        case "select":
            frame.phase = .list
            if !frame.hasSelect {
                frame.hasSelect = true
                frame.list = output.place + 1..<output.place + 1
                findImpliedNames(output, frame)
            }
        case "from", "into", "update", "join":
            if frame.phase == .list, let start = frame.list?.lowerBound { frame.list = start..<output.place }
            if frame.phase != .rest || token.word != "from" { frame.phase = .sources }
        case "values", "set":
            if frame.phase == .sources { frame.phase = .rest }
        case _ where Self.afterSources.contains(token.word):
            if frame.phase == .list || frame.phase == .sources { output.sql.append(frame.endSources()) }
            if token.word == "returning" { frame.isReturning = true }
            if token.word == "order" { findOrderedColumns(at: output.place, output, frame) }
        case _ where Self.compounds.contains(token.word):
            output.sql.append(frame.end())
            frame.phase = .none
            frame.isCompound = true
        case "on" where beginsUpsert(output.place) && endsInSources(output, frame):
            // SQLite would take ON for that of a join (its page "UPSERT", section 2.2).
            output.sql.append(frame.endSources())
            output.sql.append(" WHERE true")
        case "for": return skipLocking(&output)
        case "limit", "offset", "fetch": return try rowLimit(&output, frame)
        default: return false
        }
        keep(&output)
        output.operandStart = nil
        return true
    }

    /// `ON CONFLICT (…)`, `ON CONFLICT DO …`; a table may be called so, too: `JOIN conflict ON conflict.id = t.id`.
    private func beginsUpsert(_ place: Int) -> Bool {
        word(at: place + 1) == "conflict" && ["(", "do"].contains(word(at: place + 2))
    }

    /// Whether what is inserted is a query whose last clause is FROM.
    private func endsInSources(_ output: Output, _ frame: QueryFrame) -> Bool {
        if frame.phase == .sources { return output.last.map { $0.word != "into" } ?? false }
        if frame.phase == .list { return !frame.rowFunctions.isEmpty }
        return insertedQuery.map { closing($0) == output.place - 1 } ?? false
    }

    /// `FOR UPDATE …`: there is one writer. Returns false if it is something else.
    private func skipLocking(_ output: inout Output) -> Bool {
        var place = output.place + 1
        if word(at: place) == "no" { place += 1 }
        if word(at: place) == "key" { place += 1 }
        guard ["update", "share"].contains(word(at: place)) else { return false }
        place += 1
        if word(at: place) == "of" {
            place += 1
            while place < output.end, tokens[place].isName || [",", "."].contains(word(at: place)),
                !["nowait", "skip"].contains(word(at: place))
            {
                place += 1
            }
        }
        if word(at: place) == "nowait" { place += 1 }
        if word(at: place) == "skip" { place += 2 }
        output.place = min(place, output.end)
        return true
    }

    /// LIMIT, OFFSET and FETCH FIRST, in any order; SQLite wants LIMIT before OFFSET.
    private mutating func rowLimit(_ output: inout Output, _ frame: QueryFrame) throws(PostgresError) -> Bool {
        let start = output.place
        guard frame.phase != .none, start + 1 < output.end,
            isAfterOperand(output) || output.last == nil && frame.phase == .rest
        else { return false }
        let ends: Set<String> = ["limit", "offset", "fetch", "for", "union", "except", "intersect", "on", "returning"]
        var depth = 0
        var end = start + 1
        while end < output.end, depth > 0 || tokens[end].kind != .word || !ends.contains(word(at: end)) {
            if word(at: end) == "(" { depth += 1 }
            if word(at: end) == ")" { depth -= 1 }
            end += 1
        }
        var range = start + 1..<end
        let isOffset = word(at: start) == "offset"
        if word(at: start) == "fetch" {
            range = range.dropFirst()
            guard word(at: end - 1) == "only" else { return false }
            range = range.dropLast(2)
        } else if isOffset, ["row", "rows"].contains(word(at: end - 1)) {
            range = range.dropLast()
        }
        let value = try render(range, QueryFrame())
        let isAll = range.count == 1 && ["all", "null"].contains(word(at: range.lowerBound))
        let limit = range.isEmpty ? TranslatedSQL(" 1") : isAll ? TranslatedSQL(" -1") : value
        if isOffset { frame.offset = limit } else { frame.limit = limit }
        output.place = end
        return true
    }

    func severalArrays(_ place: Int) -> PostgresError {
        PostgresError(
            code: .featureNotSupported, message: "unnest of several arrays is not supported",
            hint: "Join unnest(…) WITH ORDINALITY of each, or give the rows as VALUES or as JSON to json_each.",
            position: source.characterPosition(ofByte: tokens[place].range.lowerBound))
    }

    /// A function among the sources: `unnest(array) [WITH ORDINALITY] [AS] name[(columns)]`; one that makes no rows is one.
    /// Returns false if there is none.
    mutating func source(_ output: inout Output, _ frame: QueryFrame) throws(PostgresError) -> Bool {
        let name = word(at: output.place)
        guard word(at: output.place + 1) == "(", let close = closing(output.place + 1), close < output.end else {
            return false
        }
        let ranges = list(output.place + 2..<close)
        let makesRows = ["unnest", "pg_partition_ancestors"].contains(name) || Self.rowMakers[name] != nil
        let template = makesRows ? nil : valueAsSource(name, ranges.count, output)
        guard makesRows || template != nil else { return false }
        var arguments: [TranslatedSQL] = []
        for range in ranges { arguments.append(try render(range, QueryFrame())) }
        if name == "unnest", arguments.count > 1 { throw severalArrays(output.place) }
        var end = close
        let hasOrdinality = word(at: end + 1) == "with" && word(at: end + 2) == "ordinality"
        if hasOrdinality { end += 2 }
        var alias = name
        var columns = [name, "ordinality"]
        if let list = columnAlias(at: end + 1) {
            alias = list.name
            columns = list.columns.split(separator: ",").map(String.init)
            end = list.end
        } else {
            let place = word(at: end + 1) == "as" ? end + 2 : end + 1
            if tokens.indices.contains(place), tokens[place].isName, !Self.behindSource.contains(word(at: place)) {
                alias = tokens[place].text
                columns[0] = alias
                end = place
            }
        }
        if columns.count < 2 { columns.append("ordinality") }
        if let template {
            noteUse(of: name, template)
            let ordinality = hasOrdinality ? ", 1 AS \(columns[1])" : ""
            // Else SQLite calls it again for each place that the query names it in, and a lock is taken as often.
            let once = name.contains("_advisory_") ? " LIMIT 1" : ""
            let sql = "(SELECT \(template) AS \(columns[0])\(ordinality)\(once)) AS \(alias)"
            replace(through: end, by: TranslatedSQL(sql, arguments), &output)
            output.operandStart = nil
            return true
        }
        let ordinality = hasOrdinality ? ", key + 1 AS \(columns[1])" : ""
        let rows =
            switch name {
            case "unnest": "json_each(tandem_array($1))"
            default: Self.rowMakers[name].map { "json_each(\($0)($*))" } ?? "json_each(json_array($1))"
            }
        let sql = TranslatedSQL("(SELECT value AS \(columns[0])\(ordinality) FROM \(rows)) AS \(alias)", arguments)
        replace(through: end, by: sql, &output)
        output.operandStart = nil
        return true
    }

    /// What a function becomes that stands directly behind FROM or JOIN; nil if it does not, and for SQLite's own.
    private func valueAsSource(_ name: String, _ arguments: Int, _ output: Output) -> String? {
        let isSource =
            ["from", "join"].contains(output.last?.word) || name == "string_to_array" && output.last?.word == ","
        guard isSource, word(at: output.place - 2) != "distinct" else { return nil }
        return DialectFunctions.template(of: name, arguments: arguments)
    }
}
