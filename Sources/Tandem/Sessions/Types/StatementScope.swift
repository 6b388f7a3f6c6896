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
    /// Expressions of inner queries by the names that they have without being given them. Those of tables come first.
    private(set) var impliedNames: [String: [Range<Int>]] = [:]
    /// Those of them that others call so: of queries in FROM and WITH.
    private(set) var impliedColumns: [String: [ImpliedColumn]] = [:]
    /// Where tables are mentioned as sources.
    private(set) var mentions: [String: [Int]] = [:]
    /// What the queries are of that stand in these parentheses, or in none.
    private(set) var sources: [Int?: [Source]] = [:]
    /// Where UNION, EXCEPT and INTERSECT stand in these parentheses, or in none.
    private(set) var compounds: [Int?: [Int]] = [:]
    /// For each item the innermost parenthesis that it stands in. Empty where nobody asks.
    private(set) var parentheses: [Int?] = []
    /// The parentheses that are open while the items are read, the innermost last.
    private var open: [Int] = []
    /// The tables that a trigger's NEW and OLD are rows of.
    private(set) var rows: [String: String] = [:]
    /// What CREATE TABLE, ALTER TABLE or CREATE INDEX defines; nil for all other statements.
    private(set) var definition: Definition?

    struct Definition {
        var table: String
        /// The columns that the table gets, with their types.
        var columns: [String: PostgresType] = [:]
    }

    init(_ items: [SQLItem]) {
        self.items = items
        readDefinition()
        for place in items.indices {
            switch items[place] {
            case .word("from"), .word("join"), .word("into"): readSources(from: place + 1, canBeMany: true)
            // DELETE … USING, not JOIN … USING (…)
            case .word("using") where items.name(at: place + 1) != nil:
                readSources(from: place + 1, canBeMany: true)
            case .word("update") where !isPartOfAnother(place): readSources(from: place + 1, canBeMany: false)
            case .word("select") where depthIsInner(place): readNames(of: place)
            case .word("as"): readColumnList(before: place)
            case .word("union"), .word("except"), .word("intersect"): compounds[open.last, default: []].append(place)
            case .symbol("("): open.append(place)
            case .symbol(")"): _ = open.popLast()
            default: continue
            }
        }
        if !impliedColumns.isEmpty { parentheses = readParentheses() }
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

    private static let defined: Set<SQLItem> = [.word("table"), .word("index"), .word("trigger")]

    /// Reads what CHECK, generated columns, partial indexes and triggers are of.
    private mutating func readDefinition() {
        guard let verb = items.first, verb == .word("create") || verb == .word("alter"),
            let kind = items.indices.dropFirst().prefix(3).first(where: { Self.defined.contains(items[$0]) })
        else { return }
        guard items[kind] == .word("table") else {
            guard let on = items[kind...].firstIndex(of: .word("on")), let table = definedName(at: on + 1)?.name else {
                return
            }
            if items[kind] == .word("trigger") {
                rows = ["new": table, "old": table]
            } else {
                tables[table] = table
                definition = Definition(table: table)
            }
            return
        }
        guard let (table, end) = definedName(at: kind + 1), items.indices.contains(end) else { return }
        var definition = Definition(table: table)
        if items[end] == .symbol("(") {
            for part in items.list(in: end + 1..<items.closing(end)) { read(part, into: &definition) }
        } else if items[end] == .word("add") {
            read(behind(["column", "if", "not", "exists"], from: end + 1)..<items.endIndex, into: &definition)
        } else {
            return
        }
        tables[table] = table
        self.definition = definition
    }

    /// The place behind those of the words that stand there.
    private func behind(_ words: [String], from start: Int) -> Int {
        words.reduce(start) { items.indices.contains($0) && items[$0] == .word($1) ? $0 + 1 : $0 }
    }

    private func definedName(at start: Int) -> (name: String, end: Int)? {
        var place = behind(["if", "not", "exists", "only"], from: start)
        guard var name = items.name(at: place) else { return nil }
        place += 1
        while items.indices.contains(place), items[place] == .symbol("."), let part = items.name(at: place + 1) {
            name = part
            place += 2
        }
        return (name, place)
    }

    /// Reads a column, or a constraint of the table.
    private func read(_ range: Range<Int>, into definition: inout Definition) {
        guard let first = range.first, let name = items.name(at: first), !isConstraint(first) else { return }
        let type = range.dropFirst().prefix { !isConstraint($0) }.compactMap { items.name(at: $0) }
        definition.columns[name] = type.isEmpty ? .text : PostgresType(declaredAs: type.joined(separator: " "))
    }

    private func isConstraint(_ place: Int) -> Bool {
        if case .word(let word) = items[place] { return DialectRenderer.constraints.contains(word) }
        return false
    }

    /// Reads `table [AS] alias, …` or `table (columns)`.
    private mutating func readSources(from start: Int, canBeMany: Bool) {
        var place = start
        while place < items.endIndex {
            if items[place] == .word("only"), items.name(at: place + 1) != nil, !Self.isClause(items[place + 1]) {
                place += 1
            }
            if items[place] == .symbol("(") {
                sources[open.last, default: []].append(Source(place: place, kind: .query))
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
                let isTarget = items.indices.contains(start - 1) && items[start - 1] == .word("into")
                mentions[table, default: []].append(place - 1)
                sources[open.last, default: []].append(
                    Source(place: place - 1, kind: isTarget ? .target : .table(table)))
                if isTarget { tables["excluded"] = table }
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
        let query = sourceQuery(select)
        for item in SelectList(items, at: select).items {
            guard !item.isStar else { continue }
            if let name = item.name {
                expressions[name, default: []].append(item.expression)
            } else if let name = ColumnNames.name(of: item.expression, in: items), name != "?column?" {
                impliedNames[name, default: []].append(item.expression)
                guard let query, !isColumn(item.expression) else { continue }
                let reach = max(query.upperBound, impliedColumns[name]?.last?.reach ?? 0)
                impliedColumns[name, default: []].append(
                    ImpliedColumn(query: query, expression: item.expression, reach: reach))
            }
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
