import TandemLog

// Tables that are known to differ.
extension ContentTracker {
    /// Says what a scan has found.
    static func foreignChange(found: ContentSum, kept: ContentSum) -> String {
        "its rows add up to \(found), and not to \(kept), which is what was written to it: another program has changed "
            + "the database's file, or the disk has"
    }

    /// A table is known to differ: it is neither told of nor compared any more.
    func noteDrift(of table: TableContent, at index: LogIndex) {
        guard table.driftedAt == nil else { return }
        table.driftedAt = index
        markDirty(table)
    }

    /// A table, which may not even be there, or the schema is known to differ.
    func noteDrift(ofTable name: String, at index: LogIndex) {
        let table =
            tables[name]
            ?? TableContent(
                name: name, signature: "", generation: nextGeneration(), rootPage: 0, sql: "", sum: .zero,
                isKnown: false)
        tables[name] = table
        noteDrift(of: table, at: index)
    }
}
