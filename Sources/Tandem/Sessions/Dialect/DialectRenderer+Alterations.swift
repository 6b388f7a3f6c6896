import PostgresWire

// ALTER TABLE, of which SQLite does one action in a statement, and knows no constraints.
extension DialectRenderer {
    /// `ALTER TABLE [ONLY] table action, …`
    mutating func alteration(_ whole: Range<Int>) throws(PostgresError) -> TranslatedSQL {
        var start = whole.lowerBound + 2
        if word(at: start) == "if", word(at: start + 1) == "exists" {
            throw PostgresError(
                code: .featureNotSupported, message: "ALTER TABLE IF EXISTS is not supported",
                hint: "Leave IF EXISTS out, and the statement where there is no such table.")
        }
        if word(at: start) == "only" { start += 1 }
        let table = start
        start += 1
        while word(at: start) == ".", start + 1 < whole.upperBound { start += 2 }
        guard start < whole.upperBound else { return try without(["only"], whole) }
        let head = try without(["only"], whole.lowerBound..<start)
        var statements: [TranslatedSQL] = []
        for action in list(start..<whole.upperBound) {
            statements.append(try self.action(action, head, of: table..<start))
        }
        guard var sql = statements.first, statements.count > 1 else { return statements.first ?? head }
        guard statements.allSatisfy({ $0.addition == nil }) else {
            throw PostgresError(
                code: .featureNotSupported, message: "ADD COLUMN IF NOT EXISTS beside other actions is not supported",
                hint: "Add the column by an ALTER TABLE of its own.")
        }
        sql.following = statements.dropFirst().map(\.text)
        return sql
    }

    private mutating func action(
        _ action: Range<Int>, _ head: TranslatedSQL, of table: Range<Int>
    ) throws(PostgresError) -> TranslatedSQL {
        let first = action.lowerBound
        switch (word(at: first), word(at: first + 1)) {
        case ("add", "unique"): return try unique(first + 1..<action.upperBound, nil, of: table)
        case ("add", "constraint") where word(at: first + 3) == "unique":
            return try unique(first + 3..<action.upperBound, first + 2, of: table)
        case ("add", _): return try addition(action, head)
        case ("drop", "constraint"):
            var sql = TranslatedSQL("DROP INDEX ")
            var name = first + 2
            if word(at: name) == "if", word(at: name + 1) == "exists" {
                sql.append("IF EXISTS ")
                name += 2
            }
            // CASCADE would take foreign keys along, which refer to columns here.
            if name < action.upperBound { append(name, to: &sql) }
            return sql
        default:
            // The word itself, which may be a name elsewhere.
            var sql = head
            appendWhole(first, to: &sql)
            sql.append(try query(first + 1..<action.upperBound))
            return sql
        }
    }

    /// `UNIQUE (column, …)` as an index; one without a name gets PostgreSQL's.
    private mutating func unique(
        _ constraint: Range<Int>, _ name: Int?, of table: Range<Int>
    ) throws(PostgresError) -> TranslatedSQL {
        let open = constraint.lowerBound + 1
        guard word(at: open) == "(", let close = closing(open), close + 1 == constraint.upperBound else {
            throw PostgresError(
                code: .featureNotSupported, message: "such a UNIQUE constraint is not supported",
                hint: "UNIQUE (column, …) is, without USING INDEX, DEFERRABLE or NULLS NOT DISTINCT.")
        }
        var sql = TranslatedSQL("CREATE UNIQUE INDEX ")
        if let name {
            append(name, to: &sql)
        } else {
            let columns = list(open + 1..<close).map { word(at: $0.lowerBound) }
            sql.append("\"\(([word(at: table.upperBound - 1)] + columns + ["key"]).joined(separator: "_"))\"")
        }
        sql.append(" ON ")
        append(table.upperBound - 1, to: &sql)
        sql.append(" ")
        sql.append(try indexedColumns(open, close))
        return sql
    }

    /// `ADD [COLUMN] [IF NOT EXISTS] column …`
    private mutating func addition(
        _ action: Range<Int>, _ head: TranslatedSQL
    ) throws(PostgresError) -> TranslatedSQL {
        let add = action.lowerBound
        var start = word(at: add + 1) == "column" ? add + 2 : add + 1
        var sql = head
        for place in add..<start { appendWhole(place, to: &sql) }
        let isConditional = word(at: start) == "if" && word(at: start + 1) == "not" && word(at: start + 2) == "exists"
        if isConditional { start += 3 }
        guard start < action.upperBound else { return sql }
        if isConditional {
            sql.addition = TranslatedSQL.AddedColumn(table: word(at: add - 1), name: word(at: start))
        }
        sql.append(try column(start..<action.upperBound, nil, of: nil))
        return sql
    }
}
