extension DatabaseFile {
    /// Looks for what in the schema calls functions, or names collations, that SQLite does not have by itself: for a program
    /// without them it does not work.
    ///
    /// - Parameter options: what the connections are opened with that the schema was made on.
    /// - Returns: one sentence for each such table, index, view or trigger.
    /// - Throws: GRDB's `DatabaseError`; ``SQLiteError`` if the schema cannot be read.
    public func needsElsewhere(_ options: ConnectionOptions) throws -> [String] {
        // Not this file's connection: it lists each collation that the schema names, known or not.
        let plain = try DatabaseFile(":memory:", .readWrite)
        let node = try DatabaseFile(":memory:", options: options)
        func added(_ sql: String) throws(SQLiteError) -> Set<String> {
            Set(try node.list(sql).map { $0.lowercased() }).subtracting(try plain.list(sql).map { $0.lowercased() })
        }
        let functions = try added("SELECT DISTINCT name FROM pragma_function_list")
        let collations = try added("SELECT name FROM pragma_collation_list")
        let schema = try OwnStatement(
            handle, "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name")
        var sentences: [String] = []
        while try schema.step() {
            let needs = Self.needs(schema.text(3), functions, collations)
            guard !needs.isEmpty else { continue }
            let (type, name, table) = (schema.text(0), schema.text(1), schema.text(2))
            sentences.append(
                "\(type) \(name)\(name == table ? "" : " on \(table)") needs \(needs.joined(separator: ", ")), "
                    + "which SQLite itself does not have: elsewhere it does not work")
        }
        return sentences
    }

    /// Which of these a statement calls or names, in the order in which they come first.
    private static func needs(_ sql: String, _ functions: Set<String>, _ collations: Set<String>) -> [String] {
        var (sql, found) = (sql, [String]())
        sql.withUTF8 { text in
            var before: String?
            for token in SQLTokenizer(text) {
                let name = Self.name(token, text)
                var need: String?
                if let before, functions.contains(before), Self.opensParenthesis(token, text) { need = "\(before)()" }
                if before == "collate", let name, collations.contains(name) { need = "the collation \(name)" }
                if let need, !found.contains(need) { found.append(need) }
                before = name
            }
        }
        return found
    }

    /// A name in lower case, without its quotes.
    private static func name(_ token: SQLToken, _ text: UnsafeBufferPointer<UInt8>) -> String? {
        switch token.kind {
        case .word: String(decoding: text[token.range], as: UTF8.self).lowercased()
        case .quotedName: String(decoding: text[token.range].dropFirst().dropLast(), as: UTF8.self).lowercased()
        case .string, .blob, .number, .parameter, .symbol, .semicolon, .malformed: nil
        }
    }

    private static func opensParenthesis(_ token: SQLToken, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        token.kind == .symbol && token.range.count == 1 && text[token.range.lowerBound] == UInt8(ascii: "(")
    }
}
