import PostgresWire
import TandemSQLite

// `CREATE TABLE name AS query`: SQLite declares the columns of such a table by their affinity alone, and those that are
// computed not at all.
extension DialectRenderer {
    /// The place of AS in such a statement; nil for all others.
    ///
    /// - Parameter word: a word of the statement by its place, in lower case; empty behind the ends.
    static func filling(from create: Int, _ word: (Int) -> String) -> Int? {
        guard word(create) == "create" else { return nil }
        var place = create + 1
        if word(place) == "unlogged" { place += 1 }
        guard word(place) == "table" else { return nil }
        place += 1
        if word(place) == "if" { place += 3 }
        if word(place + 1) == "." { place += 2 }
        return word(place + 1) == "as" ? place + 1 : nil
    }

    /// The statement cut in three: what stands up to the name, the name, and the query; empty where the columns of the
    /// query are not to be declared.
    mutating func filling(_ whole: Range<Int>) throws(PostgresError) -> [TranslatedSQL] {
        guard let place = Self.filling(from: whole.lowerBound, { word(at: $0) }), place + 1 < whole.upperBound,
            ["select", "with", "values", "("].contains(word(at: place + 1)),
            !tokens.contains(where: { $0.kind == .parameter })
        else { return [] }
        let head = try without(["unlogged"], whole.lowerBound..<place - 1)
        var name = TranslatedSQL()
        name.append(" ")
        append(place - 1, to: &name)
        let before = relations
        // It is written for the second time.
        namedByteCount = 0
        relations = []
        defer { relations.formUnion(before) }
        let query = try query(place + 1..<whole.upperBound, namesColumns: true)
        return relations.isEmpty ? [head, name, query] : []
    }
}
