// Columns of queries in FROM and WITH that are called by their function or type, or by the column that is cast: what such a
// name means depends on where it stands.
extension StatementScope {
    struct ImpliedColumn {
        /// What stands in the parentheses of its query.
        var query: Range<Int>
        var expression: Range<Int>
        /// The end of this query, or of one before it that ends later.
        var reach: Int
    }

    /// A table among the sources.
    struct Mention {
        var place: Int
        /// The place of the parenthesis that its query stands in; nil where that is the statement itself.
        var parenthesis: Int?
    }

    /// So many queries may call a column by one name, so that a statement is looked at in a time that its length bounds.
    private static let maximumOfQueries = 8

    /// The columns that a name at a place may mean: those of other queries than the place is in. Nil where there are too
    /// many; within these, the columns of tables are meant.
    func impliedColumns(_ name: String, at place: Int?) -> [ImpliedColumn]? {
        guard let place, let columns = impliedColumns[name] else { return [] }
        guard columns.count > Self.maximumOfQueries else { return columns.filter { !$0.query.contains(place) } }
        var (low, high) = (0, columns.count)
        while low < high {
            let middle = (low + high) / 2
            if columns[middle].query.lowerBound <= place { low = middle + 1 } else { high = middle }
        }
        return low > 0 && columns[low - 1].reach > place ? [] : nil
    }

    /// Whether a table is mentioned in other places than within queries.
    func isMentioned(_ table: String, outsideOf columns: [ImpliedColumn]) -> Bool {
        guard !columns.isEmpty, let mentions = mentions[table] else { return true }
        return mentions.contains { mention in !columns.contains { $0.query.contains(mention.place) } }
    }

    /// Whether a place stands in a query that a table is a source of, and none of the columns' queries.
    func isNear(_ table: String, _ place: Int, _ columns: [ImpliedColumn]) -> Bool {
        (mentions[table] ?? []).contains { mention in
            guard let start = mention.parenthesis, let end = closings[start] else { return false }
            return (start..<end).contains(place) && !columns.contains { (start..<end).contains($0.query.lowerBound) }
        }
    }

    /// What stands in the parentheses of the query whose SELECT is at a place; nil where nobody calls its columns by name.
    func sourceQuery(_ select: Int) -> Range<Int>? {
        guard select > 1, items[select - 1] == .symbol("(") else { return nil }
        switch items[select - 2] {
        case .word("from"), .word("join"), .symbol(","), .word("materialized"): break
        // `WITH name (column, …) AS (SELECT …)` has names of its own.
        case .word("as") where select > 2 && items[select - 3] != .symbol(")"): break
        default: return nil
        }
        return select..<items.closing(select - 1)
    }

    /// `a`, `t.a`
    func isColumn(_ range: Range<Int>) -> Bool {
        range.enumerated().allSatisfy { $0 % 2 == 0 ? items.name(at: $1) != nil : items[$1] == .symbol(".") }
    }
}
