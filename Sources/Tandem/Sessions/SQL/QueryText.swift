import PostgresWire
import TandemSQLite

/// Turns what a client sends as text into statements: cut at semicolons, recognised, translated where PostgreSQL's
/// words are not SQLite's.
enum QueryText {
    /// The statements of a query string, in order; empty ones are left out.
    static func statements(
        _ given: String, parameterTypes: [PostgresType] = []
    ) throws(PostgresError) -> [SessionStatement] {
        var source = given
        let isForeign = source.withUTF8 { ForeignQuotes.mayBe(in: $0) }
        let text = isForeign ? try ForeignQuotes.plain(given) : given
        source = text
        let ranges = source.withUTF8 { Array(StatementSplitter($0)) }
        var statements: [SessionStatement] = []
        statements.reserveCapacity(ranges.count)
        for range in ranges { statements.append(try statement(text, range, parameterTypes)) }
        return statements
    }

    /// The one statement of a Parse; several are refused, as PostgreSQL refuses them.
    static func single(_ text: String, parameterTypes: [PostgresType]) throws(PostgresError) -> SessionStatement {
        let statements = try statements(text, parameterTypes: parameterTypes)
        guard statements.count <= 1 else {
            throw PostgresError(
                code: .syntaxError, message: "cannot insert multiple commands into a prepared statement")
        }
        guard let statement = statements.first else {
            return SessionStatement(sql: "", original: text, source: "", command: .empty, returnsRows: false)
        }
        return statement
    }

    private static func statement(
        _ text: String, _ range: Range<Int>, _ parameterTypes: [PostgresType]
    ) throws(PostgresError) -> SessionStatement {
        let isWhole = range == 0..<text.utf8.count
        var source = isWhole ? text : text.bytes(range)
        let tokens = source.withUTF8 { Array(SQLTokenizer($0)) }
        try StatementDepth.check(source, tokens)
        var words = WordCursor(source, tokens[...])
        let command = try SessionCommand(parsing: &words)
        if command == .write(tag: LockStatement.tag) {
            var words = WordCursor(source, tokens[...])
            let lock = try LockStatement(parsing: &words)
            return SessionStatement(
                sql: lock.sql.text, original: text, source: source, command: command, returnsRows: false,
                isNowait: lock.isNowait, place: StatementPlace(translated: lock.sql, start: range.lowerBound),
                parameterTypes: parameterTypes)
        }
        if case .cursor(.declare(_, let query, let querySource)) = command {
            return SessionStatement(
                sql: query, original: text, source: querySource, command: command, returnsRows: false,
                locksRows: locksRows(source, tokens), isNowait: isNowait(source, tokens),
                literals: PlainLiterals(querySource), parameterTypes: parameterTypes)
        }
        let returnsRows = command == .read || command.isWrite && returnsRows(source, tokens)
        guard !command.isLocal, !command.isCopy else {
            return SessionStatement(
                sql: source, original: text, source: source, command: command, returnsRows: returnsRows,
                parameterTypes: parameterTypes)
        }
        let translated: TranslatedSQL
        do throws(PostgresError) {
            translated = try Dialect.translate(source, tokens[...])
        } catch {
            throw error.moved(by: text.characterPosition(ofByte: range.lowerBound) - 1)
        }
        return SessionStatement(
            sql: translated.text, original: text, source: source, command: command, returnsRows: returnsRows,
            locksRows: command == .read && locksRows(source, tokens),
            isNowait: command == .read && isNowait(source, tokens),
            endsGroups: command.isWrite && saysOrRollback(source, tokens),
            place: StatementPlace(translated: translated, start: range.lowerBound),
            insertion: command == .write(tag: "INSERT") ? insertion(source, tokens, translated) : nil,
            conditional: isDefinition(command) ? ConditionalDefinition(source, tokens) : nil,
            literals: PlainLiterals(source, tokens),
            parameterTypes: parameterTypes)
    }

    private static func isDefinition(_ command: SessionCommand) -> Bool {
        guard case .write(let tag) = command else { return false }
        return tag.hasPrefix("CREATE") || tag.hasPrefix("DROP")
    }

    /// The table whose keys are noted. An upsert that itself asks for the last key must be given it, so that nothing tells
    /// whether it has made one.
    private static func insertion(_ source: String, _ tokens: [SQLToken], _ sql: TranslatedSQL) -> InsertTarget? {
        guard let target = InsertTarget(source, tokens) else { return nil }
        return target.isUpsert && sql.text.lowercased().contains("last_insert_rowid") ? nil : target
    }

    /// `FOR UPDATE | NO KEY UPDATE | SHARE | KEY SHARE`, of the query or of one within it.
    private static func locksRows(_ text: String, _ tokens: [SQLToken]) -> Bool {
        func word(_ place: Int) -> String {
            tokens.indices.contains(place) ? text.bytes(tokens[place].range).lowercased() : ""
        }
        return tokens.indices.contains { place in
            let token = tokens[place]
            guard token.kind == .word, token.range.count == 3, word(place) == "for" else { return false }
            var next = place + 1
            if word(next) == "no" { next += 1 }
            if word(next) == "key" { next += 1 }
            return ["update", "share"].contains(word(next))
        }
    }

    /// Whether rows are to be locked at once or not at all.
    private static func isNowait(_ text: String, _ tokens: [SQLToken]) -> Bool {
        tokens.contains { token in
            token.kind == .word && token.range.count == 6 && text.bytes(token.range).lowercased() == "nowait"
        } && locksRows(text, tokens)
    }

    private static func saysOrRollback(_ text: String, _ tokens: [SQLToken]) -> Bool {
        zip(tokens, tokens.dropFirst()).contains { first, second in
            first.range.count == 2 && second.range.count == 8 && first.kind == .word && second.kind == .word
                && text.bytes(first.range).lowercased() == "or" && text.bytes(second.range).lowercased() == "rollback"
        }
    }

    private static func returnsRows(_ text: String, _ tokens: [SQLToken]) -> Bool {
        tokens.contains { token in
            token.kind == .word && token.range.count == 9 && text.bytes(token.range).lowercased() == "returning"
        } || tokens.first.map { text.bytes($0.range).lowercased() == "pragma" } ?? false
    }
}
