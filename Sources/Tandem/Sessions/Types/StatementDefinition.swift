import PostgresWire

/// What CREATE TABLE, ALTER TABLE or CREATE INDEX defines: CHECK, generated columns and partial indexes are of it.
struct StatementDefinition {
    var table: String
    /// The columns that the table gets, with their types.
    var columns: [String: PostgresType] = [:]

    private static let defined: Set<SQLItem> = [.word("table"), .word("index"), .word("trigger")]

    /// Nil for all other statements.
    init?(_ items: [SQLItem]) {
        guard let kind = Self.kind(items), items[kind] != .word("trigger") else { return nil }
        if items[kind] == .word("index") {
            guard let table = Self.tableBehindOn(items, kind) else { return nil }
            self.table = table
            return
        }
        guard let (table, end) = items.definedName(at: kind + 1), items.indices.contains(end) else { return nil }
        self.table = table
        if items[end] == .symbol("(") {
            for part in items.list(in: end + 1..<items.closing(end)) { read(items, part) }
        } else if items[end] == .word("add") {
            read(items, items.place(behind: ["column", "if", "not", "exists"], from: end + 1)..<items.endIndex)
        } else {
            return nil
        }
    }

    /// The table whose rows CREATE TRIGGER looks at; nil for all other statements.
    static func tableOfTrigger(_ items: [SQLItem]) -> String? {
        guard let kind = kind(items), items[kind] == .word("trigger") else { return nil }
        return tableBehindOn(items, kind)
    }

    private static func kind(_ items: [SQLItem]) -> Int? {
        guard let verb = items.first, verb == .word("create") || verb == .word("alter") else { return nil }
        return items.indices.dropFirst().prefix(3).first { defined.contains(items[$0]) }
    }

    private static func tableBehindOn(_ items: [SQLItem], _ kind: Int) -> String? {
        items[kind...].firstIndex(of: .word("on")).flatMap { items.definedName(at: $0 + 1)?.name }
    }

    /// Reads a column, or a constraint of the table.
    private mutating func read(_ items: [SQLItem], _ range: Range<Int>) {
        func isConstraint(_ place: Int) -> Bool {
            if case .word(let word) = items[place] { return DialectRenderer.constraints.contains(word) }
            return false
        }
        guard let first = range.first, let name = items.name(at: first), !isConstraint(first) else { return }
        let type = range.dropFirst().prefix { !isConstraint($0) }.compactMap { items.name(at: $0) }
        columns[name] = type.isEmpty ? .text : PostgresType(declaredAs: type.joined(separator: " "))
    }
}

extension Array where Element == SQLItem {
    /// The place behind those of the words that stand at a place.
    func place(behind words: [String], from start: Int) -> Int {
        words.reduce(start) { indices.contains($0) && self[$0] == .word($1) ? $0 + 1 : $0 }
    }

    fileprivate func definedName(at start: Int) -> (name: String, end: Int)? {
        let place = place(behind: ["if", "not", "exists", "only"], from: start)
        guard let last = lastOfName(at: place), let name = name(at: last) else { return nil }
        return (name, last + 1)
    }

    /// Where the last part of a name with points stands; nil where there is no name.
    func lastOfName(at start: Int) -> Int? {
        guard name(at: start) != nil else { return nil }
        var place = start
        while indices.contains(place + 1), self[place + 1] == .symbol("."), name(at: place + 2) != nil { place += 2 }
        return place
    }
}
