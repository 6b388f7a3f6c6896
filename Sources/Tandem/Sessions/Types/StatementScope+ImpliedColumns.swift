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

    /// What a query's rows are of.
    struct Source {
        enum Kind {
            /// A table, a view, or a query of WITH.
            case table(String)
            case query
            /// What INSERT is into.
            case target
        }

        var place: Int
        var kind: Kind
    }

    /// A query, without those that UNION and the like join it with.
    struct Arm: Hashable {
        /// The parenthesis that it stands in; nil where that is the statement itself.
        var parenthesis: Int?
        /// How many are before it.
        var number: Int
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
        return mentions.contains { mention in !columns.contains { $0.query.contains(mention) } }
    }

    // MARK: Queries around a place

    /// The innermost query around a place that is of something.
    func arm(around place: Int) -> Arm? {
        var place = place
        while true {
            let parenthesis = parentheses[place]
            let number = Self.count(compounds[parenthesis] ?? [], before: place) { $0 }
            let arm = Arm(parenthesis: parenthesis, number: number)
            // `extract(year FROM at)`
            let isQuery = parenthesis.map { [.word("select"), .word("with")].contains(items[$0 + 1]) } ?? true
            if isQuery, !sources(of: arm).isEmpty { return arm }
            guard let parenthesis else { return nil }
            place = parenthesis
        }
    }

    /// What a query's rows are of.
    func sources(of arm: Arm) -> ArraySlice<Source> {
        let all = sources[arm.parenthesis] ?? []
        let borders = compounds[arm.parenthesis] ?? []
        func start(_ number: Int) -> Int {
            guard number > 0 else { return 0 }
            guard number <= borders.count else { return all.count }
            return Self.count(all, before: borders[number - 1], place: \.place)
        }
        return all[start(arm.number)..<start(arm.number + 1)]
    }

    /// How many of those that stand in the order of their places are before one.
    private static func count<Element>(_ all: [Element], before end: Int, place: (Element) -> Int) -> Int {
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if place(all[middle]) < end { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func readParentheses() -> [Int?] {
        var open: [Int] = []
        return items.indices.map { place in
            if items[place] == .symbol(")") { _ = open.popLast() }
            let innermost = open.last
            if items[place] == .symbol("(") { open.append(place) }
            return innermost
        }
    }

    // MARK: Queries whose columns others call

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
