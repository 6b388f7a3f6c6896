import CTandemSQLite
import TandemLog

/// Keeps the sum of each table's rows, by what the preupdate hook tells of each change: on a primary, whose log carries
/// the sums, and on a replica, which compares them (docs/SQLITE.md, "Content checksums").
///
/// Belongs to a ``WriterConnection``.
final class ContentTracker {
    let handle: OpaquePointer
    let shapes: TableShapeReader
    private let store: ContentStore
    private let dataVersion: OwnStatement
    /// What ``dataVersion`` said last: it changes with each commit of another connection.
    private var seenVersion: Int64?
    var tables: [String: TableContent] = [:]
    var journal = ContentJournal()
    /// Tables that were written into the database in the open group.
    private var written: [TableContent] = []
    private var dirty: [TableContent] = []
    /// Names of tables whose entries in the database are of no use any more.
    var removed: Set<String> = []
    /// Those whose entries were removed in the open group.
    private var removedInGroup: Set<String> = []
    private var transaction: UInt64 = 0
    private var newestGeneration: Int64 = 0
    /// The tables that the open transaction has changed.
    private(set) var touched: [TableInfo] = []
    /// Grows whenever there may be more tables to be added up.
    var demands = 0

    /// - Parameter isForeign: whether another program may have written to the database.
    init(_ handle: OpaquePointer, isForeign: Bool, applied: LogIndex) throws(SQLiteError) {
        self.handle = handle
        shapes = try TableShapeReader(handle)
        store = try ContentStore(handle)
        dataVersion = try OwnStatement(handle, "PRAGMA main.data_version")
        try load(isForeign, applied)
        seenVersion = try readVersion()
    }

    private func load(_ isForeign: Bool, _ applied: LogIndex) throws(SQLiteError) {
        let (entries, index) = try ContentStore.read(handle)
        let isCurrent = index == applied
        newestGeneration = entries.values.map(\.generation).max() ?? 0
        let listed = try listTables()
        for listed in listed {
            guard let shape = try shapes.read(listed.name), shape.refusal == nil else { continue }
            let signature = shape.contentSignature
            let entry = entries[listed.name].flatMap { isCurrent && $0.signature == signature ? $0 : nil }
            let table = TableContent(
                name: listed.name, signature: signature, generation: entry?.generation ?? nextGeneration(),
                rootPage: listed.rootPage, sql: listed.sql, sum: entry?.sum ?? .zero, isKnown: entry?.isKnown ?? false)
            table.driftedAt = entries[listed.name]?.driftedAt
            // The node itself changes an entry with the definition.
            if isCurrent, entry == nil, entries[listed.name] != nil { table.driftedAt = table.driftedAt ?? applied }
            if entry == nil {
                table.isKnown = try isEmpty(listed.name)
                markDirty(table)
            }
            if isForeign || entry?.mustBeChecked ?? false { demandCheck(of: table) }
            tables[listed.name] = table
        }
        keepMissing(isCurrent ? entries : [:], listed, applied)
        removed = Set(entries.keys.filter { tables[$0] == nil })
        demands += 1
    }

    /// A table that has an entry, and is not there, has been dropped by another program. Former versions took rows of
    /// statistics for data, and made an entry where they differed: that is no drift.
    private func keepMissing(_ entries: [String: ContentStore.Entry], _ listed: [ListedTable], _ applied: LogIndex) {
        let names = Set(listed.map(\.name))
        for (name, entry) in entries where !names.contains(name) && !StatisticsTable.isOne(name) {
            let table = TableContent(
                name: name, signature: entry.signature, generation: entry.generation, rootPage: 0, sql: "",
                sum: entry.sum,
                isKnown: entry.isKnown)
            table.driftedAt = entry.driftedAt ?? applied
            tables[name] = table
            markDirty(table)
        }
    }

    func nextGeneration() -> Int64 {
        newestGeneration += 1
        return newestGeneration
    }

    func markDirty(_ table: TableContent) {
        guard !table.isDirty else { return }
        table.isDirty = true
        dirty.append(table)
    }

    /// Another program may have changed the rows: a crash must not make that forgotten, nor a copy of the database.
    private func demandCheck(of table: TableContent) {
        table.demandCheck()
        markDirty(table)
    }

    /// The rows were compared with the sum.
    func noteChecked(_ table: TableContent) {
        table.mustBeChecked = false
        markDirty(table)
    }

    /// Whether the database lacks entries that are known.
    var hasUnwritten: Bool { !dirty.isEmpty || !removed.isEmpty }

    /// Tables whose rows have to be added up.
    var toBeScanned: [TableContent] { tables.values.filter(\.isToBeScanned) }

    /// Whether every sum is known to be that of the rows.
    var isProved: Bool { tables.values.allSatisfy { $0.isKnown && !$0.mustBeChecked && $0.driftedAt == nil } }
}

// What happens in a group.
extension ContentTracker {
    /// A SQLite transaction has begun.
    ///
    /// - Returns: whether another program has written to the database since the last one.
    @discardableResult
    func groupBegins() throws(SQLiteError) -> Bool {
        groupCommitted()
        let version = try readVersion()
        defer { seenVersion = version }
        guard let seenVersion, seenVersion != version else { return false }
        for table in tables.values { demandCheck(of: table) }
        demands += 1
        return true
    }

    private func readVersion() throws(SQLiteError) -> Int64 {
        defer { dataVersion.reset() }
        return try dataVersion.step() ? dataVersion.int64(0) : 0
    }

    func transactionBegins() {
        transaction += 1
        touched.removeAll(keepingCapacity: true)
    }

    func mark() -> ContentJournal.Mark { journal.mark() }

    func rollBack(to mark: ContentJournal.Mark) { journal.rollBack(to: mark, &tables) }

    /// A row is about to change; its values are in `table`.
    func rowChanges(
        _ operation: Int32, _ table: TableInfo, _ oldRowid: Int64, _ newRowid: Int64
    ) throws(SQLiteError) {
        guard let content = table.content else { return }
        var change = ContentSum.zero
        if operation != SQLITE_INSERT {
            try table.completeOldValues(handle, oldRowid)
            change -= ContentSum(rows: 1, sum: table.hash(of: table.old, oldRowid))
            table.oldValuesWereUsed()
        }
        if operation != SQLITE_DELETE { change += ContentSum(rows: 1, sum: table.hash(of: table.new, newRowid)) }
        journal.add(change, to: content)
        if !content.isDirty { markDirty(content) }
        if content.transaction != transaction {
            content.transaction = transaction
            touched.append(table)
        }
    }

    /// Writes the sums that have changed, in the open SQLite transaction, which has the log's records up to `index`.
    func write(_ index: LogIndex) throws(SQLiteError) {
        for name in removed where tables[name] == nil { try store.remove(name) }
        for table in dirty where tables[table.name] === table { try store.write(table) }
        try store.write(index)
        written.append(contentsOf: dirty)
        for table in dirty { table.isDirty = false }
        dirty.removeAll(keepingCapacity: true)
        removedInGroup.formUnion(removed)
        removed.removeAll()
    }

    /// SQLite has committed.
    func groupCommitted() {
        journal.removeAll()
        written.removeAll(keepingCapacity: true)
        removedInGroup.removeAll()
    }

    /// SQLite has rolled back, or is about to: the sums are what they were before the group.
    func groupVanished() {
        journal.rollBack(to: 0, &tables)
        // What was written was rolled back with it.
        for table in written { markDirty(table) }
        removed.formUnion(removedInGroup)
        groupCommitted()
        demands += 1
    }
}
