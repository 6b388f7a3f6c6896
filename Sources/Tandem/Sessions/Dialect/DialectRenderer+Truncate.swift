import PostgresWire

// TRUNCATE [TABLE] [ONLY] name, … [RESTART IDENTITY] [CASCADE]
extension DialectRenderer {
    /// A DELETE of all rows of each table, one after the other.
    mutating func truncate(_ whole: Range<Int>) throws(PostgresError) -> TranslatedSQL {
        var place = whole.lowerBound + 1
        if word(at: place) == "table" { place += 1 }
        var statements: [TranslatedSQL] = []
        var names: [DialectToken] = []
        repeat {
            if word(at: place) == "," { place += 1 }
            let table = try truncatedTable(&place)
            var sql = TranslatedSQL("DELETE FROM ")
            sql.append(table.text, source: table.range.lowerBound)
            statements.append(sql)
            names.append(table)
        } while word(at: place) == ","
        let options = tokens[place...].map(\.word)
        let known: Set<String> = ["restart", "continue", "identity", "cascade", "restrict"]
        if let other = tokens[place...].first(where: { !known.contains($0.word) }) {
            throw syntaxError(at: other)
        }
        guard var result = statements.popLast() else { return TranslatedSQL() }
        result.preceding = statements.map(\.text)
        if options.first == "restart" { result.preceding += names.map(Self.restart) }
        return result
    }

    private func truncatedTable(_ place: inout Int) throws(PostgresError) -> DialectToken {
        if word(at: place) == "only" { place += 1 }
        if word(at: place) == "public", word(at: place + 1) == "." { place += 2 }
        guard tokens.indices.contains(place) else {
            throw PostgresError(code: .syntaxError, message: "syntax error at end of input")
        }
        let table = tokens[place]
        guard table.isName else { throw syntaxError(at: table) }
        place += word(at: place + 1) == "*" ? 2 : 1
        return table
    }

    private func syntaxError(at token: DialectToken) -> PostgresError {
        PostgresError(
            code: .syntaxError, message: "syntax error at or near \"\(token.text)\"",
            position: source.characterPosition(ofByte: token.range.lowerBound))
    }

    /// Where a table numbers with AUTOINCREMENT, SQLite keeps the last number here.
    private static func restart(_ table: DialectToken) -> String {
        "DELETE FROM sqlite_sequence WHERE name COLLATE NOCASE = '\(table.word.replacing("'", with: "''"))'"
    }
}
