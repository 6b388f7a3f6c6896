import TandemSQLite

/// The table that an INSERT names.
struct InsertTarget: Sendable, Equatable {
    /// In lower case, without its schema.
    let table: String
    /// Whether a row may be changed in place of being inserted: then it is found out only by running it whether there is
    /// a new key.
    let isUpsert: Bool

    /// Nil where it is no INSERT that can be read.
    init?(_ source: String, _ tokens: [SQLToken]) {
        var words = WordCursor(source, tokens[...])
        while let word = words.peek, word != "into" { words.advance() }
        guard words.skip("into"), var table = try? words.name() else { return nil }
        while words.skip(".") {
            guard let name = try? words.name() else { return nil }
            table = name
        }
        self.table = table.lowercased()
        isUpsert = tokens.contains { token in
            token.kind == .word && token.range.count == 8 && source.bytes(token.range).lowercased() == "conflict"
        }
    }
}
