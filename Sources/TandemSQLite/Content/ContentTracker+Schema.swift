import TandemLog

// Changes of the schema.
extension ContentTracker {
    struct ListedTable {
        var name: String
        var rootPage: Int64
        var sql: String
    }

    func listTables() throws(SQLiteError) -> [ListedTable] {
        let statement = try OwnStatement(
            handle, "SELECT name, rootpage, sql FROM main.sqlite_schema WHERE type = 'table' AND rootpage <> 0")
        var found: [ListedTable] = []
        while try statement.step() {
            let name = statement.text(0)
            guard !TableContent.isLeftOut(name) else { continue }
            found.append(ListedTable(name: name, rootPage: statement.int64(1), sql: statement.text(2)))
        }
        return found
    }

    /// A statement has changed the schema. Tables that are new are added up; one whose rows may hash otherwise than
    /// before is not known any more, and is added up when there is time: a change of the schema that takes SQLite no time
    /// takes none here either.
    func schemaChanged() throws(SQLiteError) {
        let before = tables
        let listed = try listTables()
        let names = Set(listed.map(\.name))
        let vanished = before.values.filter { !names.contains($0.name) }
        var now: [String: TableContent] = [:]
        for found in listed {
            if let table = try content(found, before: before[found.name], vanished: vanished) {
                now[found.name] = table
            }
        }
        journal.schemaChanges(from: before)
        tables = now
        removed.formUnion(before.keys.filter { now[$0] == nil })
        for name in now.keys { removed.remove(name) }
        for table in now.values where before[table.name] !== table { markDirty(table) }
        demands += 1
    }

    private func content(
        _ found: ListedTable, before: TableContent?, vanished: [TableContent]
    ) throws(SQLiteError) -> TableContent? {
        if let before, before.sql == found.sql {
            before.rootPage = found.rootPage
            return before
        }
        guard let shape = try shapes.read(found.name), shape.refusal == nil else { return nil }
        let signature = shape.contentSignature
        if let before, before.signature == signature {
            before.sql = found.sql
            return before
        }
        // ALTER TABLE … RENAME leaves the rows where they are.
        let renamed = vanished.first { $0.rootPage == found.rootPage && $0.signature == signature }
        let table = TableContent(
            name: found.name, signature: signature, generation: nextGeneration(),
            rootPage: found.rootPage, sql: found.sql, sum: renamed?.sum ?? .zero, isKnown: renamed?.isKnown ?? false)
        table.driftedAt = (before ?? renamed)?.driftedAt
        if let renamed {
            table.mustBeChecked = renamed.mustBeChecked
        } else if before == nil {
            table.sum = try ContentScan.sum(handle, shape)
            table.isKnown = true
        } else {
            table.isKnown = try isEmpty(found.name)
        }
        return table
    }

    func isEmpty(_ name: String) throws(SQLiteError) -> Bool {
        try !OwnStatement(handle, "SELECT 1 FROM main.\(name.quotedName) LIMIT 1").step()
    }
}
