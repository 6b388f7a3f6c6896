import PostgresWire

/// What a statement's names mean: the tables it mentions, and the names it gives to expressions of inner queries.
///
/// It knows no nesting of names: one that could mean columns of different types is of no known type.
struct StatementScope {
    let items: [SQLItem]
    /// The tables, by the names they go by.
    private(set) var tables: [String: String] = [:]
    /// Expressions of inner queries by their names, and of `WITH name (column, …)`.
    private(set) var expressions: [String: [Range<Int>]] = [:]

    init(_ items: [SQLItem]) {
        self.items = items
        for place in items.indices {
            switch items[place] {
            case .word("from"), .word("join"), .word("into"): readSources(from: place + 1, canBeMany: true)
            // DELETE … USING, not JOIN … USING (…)
            case .word("using") where items.name(at: place + 1) != nil:
                readSources(from: place + 1, canBeMany: true)
            case .word("update") where !isPartOfAnother(place): readSources(from: place + 1, canBeMany: false)
            case .word("select") where depthIsInner(place): readNames(of: place)
            case .word("as"): readColumnList(before: place)
            default: continue
            }
        }
    }

    /// Whether it is a statement about the catalogue.
    var mentionsCatalog: Bool {
        tables.values.contains { CatalogNames.isRelation($0) } || items.contains(.word("information_schema"))
    }

    /// `DO UPDATE`, `FOR UPDATE`, `ON UPDATE`.
    private func isPartOfAnother(_ place: Int) -> Bool {
        guard place > 0, case .word(let before) = items[place - 1] else { return false }
        return ["do", "for", "on"].contains(before)
    }

    private static let clauses: Set<String> = [
        "where", "set", "values", "select", "on", "using", "join", "left", "right", "inner", "cross", "natural", "full",
        "outer", "group", "order", "limit", "union", "except", "intersect", "returning", "default", "indexed", "not",
        "window", "having", "offset", "with", "as", "do", "from", "or",
    ]

    /// Reads `table [AS] alias, …` or `table (columns)`.
    private mutating func readSources(from start: Int, canBeMany: Bool) {
        var place = start
        while place < items.endIndex {
            if items[place] == .word("only"), items.name(at: place + 1) != nil, !Self.isClause(items[place + 1]) {
                place += 1
            }
            if items[place] == .symbol("(") {
                place = items.closing(place) + 1
            } else if var table = items.name(at: place), !Self.isClause(items[place]) || table == "or" {
                if table == "or" {
                    // UPDATE OR IGNORE t
                    place += 2
                    guard let name = items.name(at: place) else { return }
                    table = name
                }
                place += 1
                while items.indices.contains(place), items[place] == .symbol("."), let name = items.name(at: place + 1)
                {
                    table = name
                    place += 2
                }
                tables[table] = table
                if items.indices.contains(start - 1), items[start - 1] == .word("into") { tables["excluded"] = table }
                if let alias = alias(at: place) { tables[alias] = table }
            }
            guard canBeMany else { return }
            if items.indices.contains(place), items[place] == .word("as") { place += 1 }
            if items.name(at: place) != nil, !Self.isClause(items[place]) { place += 1 }
            guard items.indices.contains(place), items[place] == .symbol(",") else { return }
            place += 1
        }
    }

    private static func isClause(_ item: SQLItem) -> Bool {
        if case .word(let word) = item { return clauses.contains(word) }
        return false
    }

    private func alias(at place: Int) -> String? {
        let place = items.indices.contains(place) && items[place] == .word("as") ? place + 1 : place
        guard let name = items.name(at: place), !Self.isClause(items[place]) else { return nil }
        return name
    }

    private func depthIsInner(_ place: Int) -> Bool {
        items[..<place].contains(.symbol("("))
    }

    private mutating func readNames(of select: Int) {
        for item in SelectList(items, at: select).items {
            if let name = item.name { expressions[name, default: []].append(item.expression) }
        }
    }

    /// `WITH name (a, b) AS (SELECT …)`: the columns are the query's, in order.
    private mutating func readColumnList(before asPlace: Int) {
        guard asPlace > 1, items[asPlace - 1] == .symbol(")"), items.indices.contains(asPlace + 2) else { return }
        guard let open = items[..<asPlace].lastIndex(of: .symbol("(")) else { return }
        var body = asPlace + 1
        while items.indices.contains(body), [.word("not"), .word("materialized")].contains(items[body]) { body += 1 }
        guard items.indices.contains(body), items[body] == .symbol("(") else { return }
        let names = items.list(in: open + 1..<asPlace - 1).map { items.name(at: $0.lowerBound) }
        for arm in SelectList.arms(of: items, in: body + 1..<items.closing(body)) {
            for (name, item) in zip(names, arm.items) {
                if let name { expressions[name, default: []].append(item.expression) }
            }
        }
    }
}
