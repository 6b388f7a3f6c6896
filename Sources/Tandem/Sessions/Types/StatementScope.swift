/// What a statement's names stand for: the queries that it is made of, and what each of them is of.
struct StatementScope {
    let items: [SQLItem]
    /// The tables and views that are mentioned; names of WITH among them.
    let tables: Set<String>
    /// The tables that a trigger's NEW and OLD are rows of.
    let rows: [String: String]
    /// What CREATE TABLE, ALTER TABLE or CREATE INDEX defines; nil for all other statements.
    let definition: StatementDefinition?
    /// For each item the parenthesis of the innermost query that it stands in; nil in the statement itself.
    let queries: [Int?]
    private let sources: [Int?: [Source]]
    private let selects: [Int?: [Int]]
    private let compounds: [Int?: [Int]]
    private let insertions: [Int?: Insertion]
    private let namedQueries: [Int?: [NamedQuery]]

    /// What a query's rows are of.
    struct Source {
        enum Kind {
            /// A table, a view, or a query of WITH.
            case table(String)
            /// What stands in its parentheses.
            case query(Range<Int>)
            /// A function.
            case call(Range<Int>)
        }

        var place: Int
        var kind: Kind
        /// What it goes by.
        var name: String?
        /// The names given to its columns: `AS name (column, …)`.
        var columns: [String] = []
    }

    /// `WITH name (column, …) AS (body)`
    struct NamedQuery {
        var name: String
        var columns: [String]
        var body: Range<Int>
    }

    /// `INSERT INTO target … ON CONFLICT … RETURNING …`
    struct Insertion {
        var target: Source
        /// Where the part begins whose names are those of the target; nil where there is none.
        var end: Int?
    }

    /// A query, without those that UNION and the like join it with.
    struct Arm: Hashable {
        /// The parenthesis that it stands in; nil where that is the statement itself.
        var query: Int?
        /// How many are before it.
        var number = 0
        /// Whether it is what INSERT says of its target.
        var isOfTarget = false
    }

    init(_ items: [SQLItem]) {
        let reader = ScopeReader(items)
        self.items = items
        (queries, sources, selects) = (reader.queries, reader.sources, reader.selects)
        (compounds, insertions, namedQueries) = (reader.compounds, reader.insertions, reader.namedQueries)
        definition = StatementDefinition(items)
        let target = definition?.table ?? StatementDefinition.tableOfTrigger(items)
        rows = definition == nil ? target.map { ["new": $0, "old": $0] } ?? [:] : [:]
        tables = reader.tables.union(definition.map { [$0.table] } ?? [])
    }

    /// Whether it is a statement about the catalogue.
    var mentionsCatalog: Bool {
        tables.contains { CatalogNames.isRelation($0) } || items.contains(.word("information_schema"))
    }

    // MARK: Queries around a place

    /// The innermost query that a place is in.
    func arm(at place: Int) -> Arm {
        let query = queries[place]
        if let end = insertions[query]?.end, place >= end { return Arm(query: query, isOfTarget: true) }
        return Arm(query: query, number: Self.count(compounds[query] ?? [], before: place) { $0 })
    }

    /// What a query's rows are of.
    func sources(of arm: Arm) -> ArraySlice<Source> {
        if arm.isOfTarget, let insertion = insertions[arm.query] { return [insertion.target] }
        return part(sources[arm.query] ?? [], of: arm, place: \.place)
    }

    /// Where a query's SELECT stands; nil for what has none.
    func select(of arm: Arm) -> Int? {
        arm.isOfTarget ? nil : part(selects[arm.query] ?? [], of: arm) { $0 }.last
    }

    /// The query of WITH that goes by a name at a place.
    func namedQuery(_ name: String, at place: Int) -> NamedQuery? {
        guard !namedQueries.isEmpty else { return nil }
        var place = place
        while true {
            let query = queries[place]
            if let named = namedQueries[query]?.last(where: { $0.name == name }) { return named }
            guard let query else { return nil }
            place = query
        }
    }

    private func part<Element>(_ all: [Element], of arm: Arm, place: (Element) -> Int) -> ArraySlice<Element> {
        let borders = compounds[arm.query] ?? []
        let start = arm.number > 0 ? Self.count(all, before: borders[arm.number - 1], place: place) : 0
        let end = arm.number < borders.count ? Self.count(all, before: borders[arm.number], place: place) : all.count
        return all[start..<end]
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
}
