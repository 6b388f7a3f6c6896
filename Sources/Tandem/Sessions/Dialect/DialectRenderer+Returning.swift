// RETURNING a.column, where `a` is the name that AS has given the table: SQLite knows the table's own alone there, and no
// `t.*`.
extension DialectRenderer {
    /// A column of the table that is written, by its name alone, and `t.*` as `*`: RETURNING tells of no other table.
    /// Returns false if it is something else.
    mutating func returnedColumn(_ output: inout Output, _ frame: QueryFrame) -> Bool {
        let column = output.place + 2
        guard frame.isReturning, word(at: output.place + 1) == ".", column < output.end,
            tokens[column].isName || tokens[column].text == "*", tokens[output.place].word == targetName
        else { return false }
        appendGap(output.place, to: &output.sql)
        output.place = column
        keep(&output)
        return true
    }

    /// The alias of the table that is written, or the last part of its name.
    func visibleTargetName() -> String? {
        let verbs: Set = ["insert", "replace", "update", "delete"]
        let start = tokens.startIndex
        let first = verbs.contains(word(at: start)) ? start : nil
        guard let verb = first ?? (word(at: start) == "with" ? places(in: tokens.indices, of: verbs).first : nil) else {
            return nil
        }
        var table = verb + 1
        if word(at: table) == "or" { table += 2 }
        if ["into", "from"].contains(word(at: table)) { table += 1 }
        let mayBeOnly = word(at: verb) == "update" || word(at: verb) == "delete"
        if mayBeOnly, word(at: table) == "only", isPlainName(table + 1) { table += 1 }
        while word(at: table + 1) == ".", isName(table + 2) { table += 2 }
        guard isName(table) else { return nil }
        if word(at: table + 1) == "as", isName(table + 2) { return word(at: table + 2) }
        return word(at: targetAliases.contains(table + 1) ? table + 1 : table)
    }

    private func isName(_ place: Int) -> Bool { tokens.indices.contains(place) && tokens[place].isName }

    /// Whether a table's name is there, and no word that follows one.
    private func isPlainName(_ place: Int) -> Bool { isName(place) && !TargetAlias.others.contains(word(at: place)) }
}
