// `tableoid`: the number of the relation of the catalogue that a row is of. What is looked at for it counts as written: a
// statement may say it very often.
extension DialectRenderer {
    /// Writes it, and calls a column of a select list by its name.
    mutating func tableNumber(_ number: Int, through end: Int, _ output: inout Output, _ frame: QueryFrame) {
        let isItem = output.last.map { ["select", "distinct", "all", ","].contains($0.word) } ?? false
        let isWhole = end + 1 == tokens.endIndex || [",", "from"].contains(word(at: end + 1))
        // ORDER BY would take a mere number for that of a column.
        var sql = TranslatedSQL("CAST(\(number) AS INTEGER)")
        if frame.phase == .list, isItem, isWhole { sql.append(" AS tableoid") }
        replace(through: end, by: sql, &output)
    }

    /// That of `name.tableoid`; nil where it is a column. A view of the catalogue has none, and is answered 0.
    mutating func tableNumber(of name: String) -> Int? {
        guard mentionsCatalog else { return nil }
        if let number = CatalogNumbers.all[name] { return number }
        for place in tokens.indices {
            writtenCount += 1
            guard tokens[place].isName, tokens[place].word == name else { continue }
            let named = word(at: place - 1) == "as" ? place - 2 : place - 1
            // `(SELECT …) AS name`
            if word(at: named) == ")" { return nil }
            if let number = CatalogNumbers.all[word(at: named)] { return number }
        }
        return 0
    }

    /// That of `tableoid` by itself: of the first source of its query; nil where that is no relation of the catalogue.
    mutating func tableNumber(at place: Int) -> Int? {
        guard mentionsCatalog, ![".", "("].contains(word(at: place + 1)),
            var source = from(behind: place) ?? from(before: place)
        else { return nil }
        source += 1
        while word(at: source + 1) == "." { source += 2 }
        return CatalogNumbers.all[word(at: source)]
    }

    private mutating func from(behind place: Int) -> Int? {
        var next = place + 1
        while next < tokens.endIndex, word(at: next) != ")", !Self.compounds.contains(word(at: next)) {
            writtenCount += 1
            if tokens[next].kind == .word, word(at: next) == "from" { return next }
            next = (closing(next) ?? next) + 1
        }
        return nil
    }

    private mutating func from(before place: Int) -> Int? {
        var depth = 0
        for before in (tokens.startIndex..<place).reversed() {
            writtenCount += 1
            if word(at: before) == ")" { depth += 1 }
            if word(at: before) == "(" { depth -= 1 }
            guard depth >= 0 else { return nil }
            if depth == 0, tokens[before].kind == .word, word(at: before) == "from" { return before }
        }
        return nil
    }
}
