import CTandemSQLite
import GRDB
import TandemLog

extension WriterConnection {
    /// Tables that are known to differ from what they ought to be, and since which record.
    public var drifts: [(table: String, index: LogIndex)] {
        guard let contents else { return [] }
        return contents.tables.values.compactMap { table in table.driftedAt.map { (table.name, $0) } }
            .sorted { $0.table < $1.table }
    }

    /// Tables found to differ since this was asked last.
    public func takeNewDrifts() -> [ContentDrift] {
        defer { newDrifts.removeAll() }
        return newDrifts
    }

    /// Grows whenever ``contentWork`` may have grown.
    public var contentDemands: Int { contents?.demands ?? 0 }

    /// Tables whose rows are to be added up by a ``ContentReading``, and the result given to ``take(_:)``. To be asked
    /// between groups.
    ///
    /// - Throws: ``SQLiteError``, if the entries that readings begin with cannot be written.
    public func contentWork() throws -> [ContentWork] {
        guard group == .none, let contents else { return [] }
        let tables = contents.toBeScanned
        if !tables.isEmpty, contents.hasUnwritten { try keepEntries() }
        return tables.map { ContentWork(table: $0.name, generation: $0.generation, checkNumber: $0.checkNumber) }
            .sorted { $0.table < $1.table }
    }

    /// Takes the result of a scan, between groups: a sum that was not known is known now; one that was is proved, or the
    /// table differs (``takeNewDrifts()``).
    public func take(_ result: ContentResult) throws {
        guard group == .none, let contents, let table = contents.tables[result.work.table],
            table.generation == result.work.generation, table.checkNumber == result.work.checkNumber,
            table.isToBeScanned
        else { return }
        guard table.isKnown else {
            table.sum += result.found - result.kept
            table.isKnown = true
            contents.markDirty(table)
            return
        }
        contents.noteChecked(table)
        guard result.found != result.kept else { return }
        let reason = ContentTracker.foreignChange(found: result.found, kept: result.kept)
        contents.noteDrift(of: table, at: result.index)
        newDrifts.append(ContentDrift(table: table.name, index: result.index, reason: reason))
        try keepEntries()
    }

    /// A table's rows could not be read for a ``ContentReading``: its pages are damaged.
    public func noteUnreadable(_ work: ContentWork, _ reason: String) throws {
        guard group == .none, let contents, let table = contents.tables[work.table], table.driftedAt == nil else {
            return
        }
        let index = applied.position.index
        contents.noteDrift(of: table, at: index)
        newDrifts.append(ContentDrift(table: table.name, index: index, reason: "its rows cannot be read: \(reason)"))
        try keepEntries()
    }

    /// Says that the database at `path`, which nobody has open, was put there whole: a snapshot, that was checked.
    public static func trustContent(of path: String) { ContentMark(database: path).closed() }

    /// Whether a table that differs ends what is applied.
    var stopsOnDrift: Bool { follows && options.onDrift == .stop }

    /// What forbids to apply anything, where drift stops the node.
    public var knownDrift: SQLiteError? {
        guard stopsOnDrift, let drift = drifts.first else { return nil }
        return .contentDiffers(
            drift.index, drift.table, "its rows were found to differ from what they ought to be")
    }

    /// A record did not fit: that is remembered over restarts, where sums are kept; else it is found again.
    func noteDrift(_ error: SQLiteError, _ index: LogIndex) {
        let name = error.table ?? ContentDrift.schema
        newDrifts.append(ContentDrift(table: name, index: index, reason: error.message))
        guard let contents else { return }
        contents.noteDrift(ofTable: name, at: index)
        try? keepEntries()  // Whoever starts the node again finds it again.
    }

    /// Writes what is known of the sums, in a transaction of its own.
    private func keepEntries() throws {
        guard let contents else { return }
        try runOwn("BEGIN IMMEDIATE")
        do {
            capture.mode = .ownState
            defer { capture.mode = .idle }
            statements.bind(applied)
            try capture.statements.withOwnStatements { () throws(SQLiteError) in
                try statements.update.run()
                try contents.write(applied.position.index)
            }
            capture.allowsCommit = true
            defer { capture.allowsCommit = false }
            try runOwn("COMMIT")
            contents.groupCommitted()
        } catch {
            contents.groupVanished()
            if connection.isInTransaction { try runOwn("ROLLBACK") }
            throw error
        }
    }

    /// A SQLite transaction has begun.
    func contentGroupBegins() throws(SQLiteError) { try contents?.groupBegins() }

    /// Whether the entries in the database are those of this moment, so that they are right when it is opened again.
    func isContentCurrent() throws -> Bool {
        guard let contents, flushFailure == nil, !connection.isInTransaction else { return false }
        if contents.hasUnwritten { try keepEntries() }
        return try ContentStore.read(connection.handle).index == applied.position.index
    }
}
