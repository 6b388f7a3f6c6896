import PostgresWire

// DELETE … USING, which SQLite has not.
extension DialectRenderer {
    /// `DELETE FROM t USING u WHERE …` as `DELETE FROM t WHERE EXISTS (SELECT 1 FROM u WHERE …)`; nil if it has no USING.
    mutating func deletionUsing(_ whole: Range<Int>) throws(PostgresError) -> TranslatedSQL? {
        guard let delete = first("delete", in: whole), word(at: delete + 1) == "from",
            let using = first("using", in: delete..<whole.upperBound)
        else { return nil }
        let end = first("returning", in: using..<whole.upperBound) ?? whole.upperBound
        try refuseName(of: delete + 2..<using, in: using + 1..<(first("where", in: using..<end) ?? end))
        var sql = try query(whole.lowerBound..<using)
        sql.append(" WHERE EXISTS (SELECT 1 FROM")
        let sources = QueryFrame()
        sources.phase = .sources
        sql.append(try render(using + 1..<end, sources, isFrame: true))
        sql.append(")")
        sql.append(try render(end..<whole.upperBound, QueryFrame(), isFrame: true))
        return sql
    }

    /// A name stands for one table, as in PostgreSQL: SQLite would take the target's for that of USING, and delete every row.
    private func refuseName(of target: Range<Int>, in sources: Range<Int>) throws(PostgresError) {
        guard let name = visibleName(of: target) else { return }
        let tables = parts(sources) { $0.word == "," || $0.kind == .word && $0.word == "join" }
        for table in tables {
            let itself = parts(table) { $0.kind == .word && ["on", "using"].contains($0.word) }.first ?? table
            guard visibleName(of: itself) != name else {
                throw PostgresError(
                    code: .duplicateAlias, message: "table name \"\(name)\" specified more than once",
                    hint: "Give one of the two another name: DELETE FROM t USING t AS other WHERE …")
            }
        }
    }

    /// What a table is called elsewhere in the statement: its alias, or the last part of its name.
    private func visibleName(of table: Range<Int>) -> String? {
        let joins: Set = ["left", "right", "full", "inner", "outer", "cross", "natural"]
        var depth = 0
        var name: String?
        for place in table {
            switch tokens[place].word {
            case "(": depth += 1
            case ")": depth -= 1
            default:
                let token = tokens[place]
                guard depth == 0, token.isName, token.kind == .quotedName || !joins.contains(token.word) else {
                    continue
                }
                name = token.word
            }
        }
        return name
    }

    /// The first place of a word outside of parentheses.
    private func first(_ word: String, in range: Range<Int>) -> Int? {
        let before = parts(range) { $0.kind == .word && $0.word == word }
        return before.count > 1 ? before[0].upperBound : nil
    }
}
