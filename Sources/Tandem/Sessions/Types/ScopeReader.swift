/// Finds the queries that a statement is made of, in one pass over its items.
///
/// It knows as much of the grammar as that takes. Of what it does not know the names mean nothing.
struct ScopeReader {
    private let items: [SQLItem]
    /// Where each parenthesis is closed.
    private let closings: [Int: Int]
    private(set) var queries: [Int?] = []
    private(set) var tables: Set<String> = []
    // By the parenthesis of their query; nil for the statement itself.
    private(set) var sources: [Int?: [StatementScope.Source]] = [:]
    private(set) var selects: [Int?: [Int]] = [:]
    private(set) var compounds: [Int?: [Int]] = [:]
    private(set) var insertions: [Int?: StatementScope.Insertion] = [:]
    private(set) var namedQueries: [Int?: [StatementScope.NamedQuery]] = [:]

    /// A parenthesis that is open, or the statement itself.
    private struct Level {
        /// The parenthesis of the innermost query.
        var query: Int?
        /// Whether it is the same one.
        var isQuery: Bool
        /// Whether it lists sources just now: behind FROM, and in `FROM (a JOIN b ON …)`.
        var isOfSources = false
    }

    private var levels = [Level(query: nil, isQuery: true)]
    private var level: Level {
        get { levels[levels.count - 1] }
        set { levels[levels.count - 1] = newValue }
    }

    init(_ items: [SQLItem]) {
        self.items = items
        closings = Self.closings(items)
        queries.reserveCapacity(items.count)
        for place in items.indices {
            if items[place] == .symbol(")"), levels.count > 1 { levels.removeLast() }
            queries.append(level.query)
            switch items[place] {
            case .symbol("("): open(place)
            case .symbol(",") where level.isOfSources: readSource(at: place + 1)
            // Behind a point no word is a keyword.
            case .word(let word) where place == 0 || items[place - 1] != .symbol("."): read(word, at: place)
            default: continue
            }
        }
    }

    private static func closings(_ items: [SQLItem]) -> [Int: Int] {
        var open: [Int] = []
        var closings: [Int: Int] = [:]
        for place in items.indices {
            if items[place] == .symbol("(") { open.append(place) }
            if items[place] == .symbol(")"), let start = open.popLast() { closings[start] = place }
        }
        return closings
    }

    private func closing(_ place: Int) -> Int { closings[place] ?? items.endIndex }

    private func item(_ place: Int) -> SQLItem? { items.indices.contains(place) ? items[place] : nil }

    // MARK: Parentheses

    private mutating func open(_ place: Int) {
        let isQuery = beginsQuery(place)
        let isOfSources = !isQuery && level.isOfSources && mayBeginSource(behind: place - 1)
        levels.append(Level(query: isQuery ? place : level.query, isQuery: isQuery, isOfSources: isOfSources))
        if isOfSources { readSource(at: place + 1) }
    }

    /// Whether what stands in a parenthesis is a query.
    private func beginsQuery(_ place: Int) -> Bool {
        switch item(place + 1) {
        case .word("select"), .word("with"), .word("values"): true
        // `((SELECT …) UNION …)`
        case .symbol("("): item(closing(place + 1) + 1).map(Self.compounds.contains) ?? false
        default: false
        }
    }

    private static let compounds: Set<SQLItem> = [.word("union"), .word("except"), .word("intersect")]

    private func mayBeginSource(behind place: Int) -> Bool {
        [.word("from"), .word("join"), .symbol(","), .symbol("("), .word("lateral")].contains(item(place))
    }

    // MARK: Words

    private mutating func read(_ word: String, at place: Int) {
        switch word {
        case "from" where level.isQuery && !isOfDistinct(place), "join":
            level.isOfSources = true
            readSource(at: place + 1)
        // DELETE … USING, not JOIN … USING (…)
        case "using" where level.isQuery && items.name(at: place + 1) != nil:
            level.isOfSources = true
            readSource(at: place + 1)
        case "update" where !isPartOfAnother(place):
            level.isOfSources = false
            // UPDATE OR IGNORE t
            readSource(at: item(place + 1) == .word("or") ? place + 3 : place + 1)
        case "into": readTarget(at: place + 1)
        case "with": readNamedQueries(at: place + 1)
        case "on" where item(place + 1) == .word("conflict"), "returning":
            level.isOfSources = false
            if insertions[level.query]?.end == nil { insertions[level.query]?.end = place }
        case "select" where level.isQuery:
            level.isOfSources = false
            selects[level.query, default: []].append(place)
        case "union", "except", "intersect":
            level.isOfSources = false
            if level.isQuery { compounds[level.query, default: []].append(place) }
        case "where", "group", "having", "window", "order", "limit", "offset", "fetch", "for", "set", "values":
            level.isOfSources = false
        default: return
        }
    }

    /// `IS DISTINCT FROM`
    private func isOfDistinct(_ place: Int) -> Bool {
        item(place - 1) == .word("distinct") && [.word("is"), .word("not")].contains(item(place - 2))
    }

    /// `DO UPDATE`, `FOR UPDATE`, `ON UPDATE`, `AFTER UPDATE OF`
    private func isPartOfAnother(_ place: Int) -> Bool {
        guard case .word(let before)? = item(place - 1) else { return false }
        return ["do", "for", "on", "key", "before", "after", "of", "or"].contains(before)
    }

    // MARK: Sources

    /// Words that no table and no alias goes by, unless they are quoted.
    private static let clauses: Set<String> = [
        "where", "set", "values", "select", "on", "using", "join", "left", "right", "inner", "cross", "natural", "full",
        "outer", "group", "order", "limit", "union", "except", "intersect", "returning", "default", "indexed", "not",
        "window", "having", "offset", "with", "as", "do", "from", "or", "for", "fetch", "insert", "update", "delete",
        "replace", "end", "tablesample",
    ]

    /// Reads `table [AS] alias`, `(query) [AS] alias (columns)`, or a function's call.
    private mutating func readSource(at start: Int) {
        var place = start
        while [.word("only"), .word("lateral")].contains(item(place)), isSource(place + 1) { place += 1 }
        if item(place) == .symbol("(") {
            // `(a JOIN b)` is read when it is opened.
            guard beginsQuery(place) else { return }
            let end = closing(place)
            add(.query(place + 1..<end), at: place, nil, aliasAt: end + 1)
        } else if isSource(place), let last = items.lastOfName(at: place), let name = items.name(at: last) {
            let isCall = item(last + 1) == .symbol("(")
            let end = isCall ? min(closing(last + 1) + 1, items.endIndex) : last + 1
            // Some relations of the catalogue are functions.
            let isTable = !isCall || CatalogNames.isRelation(name)
            if isTable { tables.insert(name) }
            add(isTable ? .table(name) : .call(last..<end), at: last, name, aliasAt: end)
        }
    }

    private func isSource(_ place: Int) -> Bool {
        if item(place) == .symbol("(") { return true }
        return items.name(at: place) != nil && !isClause(place)
    }

    private func isClause(_ place: Int) -> Bool {
        if case .word(let word)? = item(place) { return Self.clauses.contains(word) }
        return false
    }

    private mutating func add(
        _ kind: StatementScope.Source.Kind, at place: Int, _ name: String?, aliasAt start: Int
    ) {
        var source = StatementScope.Source(place: place, kind: kind, name: name)
        let start = item(start) == .word("as") ? start + 1 : start
        if let alias = items.name(at: start), !isClause(start) {
            source.name = alias
            if item(start + 1) == .symbol("(") { source.columns = names(in: start + 1) }
        }
        sources[level.query, default: []].append(source)
    }

    /// The first names of what a parenthesis lists.
    private func names(in open: Int) -> [String] {
        items.list(in: open + 1..<closing(open)).map { items.name(at: $0.lowerBound) ?? "" }
    }

    /// Reads `table [AS alias]` behind INTO.
    private mutating func readTarget(at place: Int) {
        guard let last = items.lastOfName(at: place), let name = items.name(at: last) else { return }
        tables.insert(name)
        let alias = item(last + 1) == .word("as") ? items.name(at: last + 2) : nil
        let target = StatementScope.Source(place: last, kind: .table(name), name: alias ?? name)
        insertions[level.query] = StatementScope.Insertion(target: target)
    }

    /// Reads `name (columns) AS (query), …` behind WITH.
    private mutating func readNamedQueries(at start: Int) {
        var place = items.place(behind: ["recursive"], from: start)
        while let name = items.name(at: place) {
            place += 1
            var columns: [String] = []
            if item(place) == .symbol("(") {
                columns = names(in: place)
                place = closing(place) + 1
            }
            guard item(place) == .word("as") else { return }
            place = items.place(behind: ["not", "materialized"], from: place + 1)
            guard item(place) == .symbol("(") else { return }
            let body = place + 1..<max(place + 1, closing(place))
            namedQueries[level.query, default: []].append(.init(name: name, columns: columns, body: body))
            guard item(body.upperBound + 1) == .symbol(",") else { return }
            place = body.upperBound + 2
        }
    }
}
