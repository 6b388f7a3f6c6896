/// Words that PostgreSQL takes for names anywhere, and SQLite only in quotes, because it reserves them.
enum UnreservedNames {
    static func contains(_ word: String) -> Bool { words.contains(word) }

    private static let words: Set<String> = ["add", "alter", "commit", "drop", "index", "nothing", "transaction"]

    /// Whether such a word is a name where it stands.
    ///
    /// - Parameters:
    ///   - first: the statement's first word.
    ///   - isWithin: whether it stands in the parentheses of a definition, or in its query.
    static func isName(_ word: String, behind previous: String, in first: String, isWithin: Bool) -> Bool {
        // DO NOTHING, in triggers as well.
        guard word != "nothing" || previous != "do" else { return false }
        switch first {
        case "select", "with", "insert", "replace", "update", "delete", "values", "table", "(": return true
        case "create", "alter", "drop":
            return isWithin || ["column", "to", "rename"].contains(previous)
                || first == "alter" && ["add", "drop"].contains(previous)
        default: return false
        }
    }
}

extension DialectRenderer {
    /// Whether what stands at a place is a name that SQLite takes only in quotes.
    func isUnreservedName(_ place: Int) -> Bool {
        guard tokens[place].kind == .word, UnreservedNames.contains(tokens[place].word) else { return false }
        return UnreservedNames.isName(
            tokens[place].word, behind: word(at: place - 1), in: word(at: tokens.startIndex),
            isWithin: place > definitionStart ?? tokens.endIndex)
    }

    /// Where what a statement defines begins: the first parenthesis, the query, a trigger's statements. Nil where it has none
    /// of these, or defines nothing.
    static func definitionStart(_ tokens: [DialectToken]) -> Int? {
        guard let first = tokens.first, ["create", "alter", "drop"].contains(first.word) else { return nil }
        return tokens.firstIndex { $0.text == "(" || $0.kind == .word && ["as", "begin"].contains($0.word) }
    }

    /// Writes the next token in quotes.
    func quote(_ output: inout Output, continuesOperand: Bool = false) {
        let start = continuesOperand ? output.operandStart : nil
        let place = output.place
        appendGap(place, to: &output.sql)
        output.operandStart = start ?? output.sql.count
        output.wrapCount = 0
        output.sql.append("\"")
        append(place, to: &output.sql)
        output.sql.append("\"")
        output.last = tokens[place]
        output.place += 1
    }
}
