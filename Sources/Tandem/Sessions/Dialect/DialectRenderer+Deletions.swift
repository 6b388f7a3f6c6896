import PostgresWire

// DELETE … USING, which SQLite has not.
extension DialectRenderer {
    /// `DELETE FROM t USING u WHERE …` as `DELETE FROM t WHERE EXISTS (SELECT 1 FROM u WHERE …)`; nil if it has no USING.
    mutating func deletionUsing(_ whole: Range<Int>) throws(PostgresError) -> TranslatedSQL? {
        guard let delete = first("delete", in: whole), word(at: delete + 1) == "from",
            let using = first("using", in: delete..<whole.upperBound)
        else { return nil }
        let end = first("returning", in: using..<whole.upperBound) ?? whole.upperBound
        var sql = try query(whole.lowerBound..<using)
        sql.append(" WHERE EXISTS (SELECT 1 FROM")
        let sources = QueryFrame()
        sources.phase = .sources
        sql.append(try render(using + 1..<end, sources, isFrame: true))
        sql.append(")")
        sql.append(try render(end..<whole.upperBound, QueryFrame(), isFrame: true))
        return sql
    }

    /// The first place of a word outside of parentheses.
    private func first(_ word: String, in range: Range<Int>) -> Int? {
        let before = parts(range) { $0.kind == .word && $0.word == word }
        return before.count > 1 ? before[0].upperBound : nil
    }
}
