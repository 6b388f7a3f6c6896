import TandemLog
import TandemSQLite

/// A copy of a backup that an archived log is applied to.
final class RestoredDatabase {
    /// Nil once it is closed: SQLite closes the file with the last of the connection's statements.
    private var connection: WriterConnection?
    private(set) var remarks: [String] = []

    /// - Parameter tables: the definitions in force where the records begin.
    init(_ path: String, tables: TableDefinitions = TableDefinitions()) throws {
        let connection = try WriterConnection.open(path: path, options: .withoutNode)
        self.connection = connection
        do {
            try connection.startApplying(tables: tables)
        } catch {
            giveUp()
            throw error
        }
    }

    func apply(_ batch: RecordBatch, through last: LogIndex, history: EpochHistory) throws {
        guard let connection else { return }
        try connection.apply(batch, through: last, history: history)
        if connection.mustCheckpoint { try connection.checkpointIfNeeded() }
    }

    /// Checks what was made, and closes it.
    ///
    /// - Throws: ``TandemError`` (`damaged`) if it is not what it should be.
    func finish(at position: Position) throws {
        guard let connection else { return }
        try connection.stopApplying()
        guard connection.applied.position == position else {
            throw TandemError(
                .damaged, "the restored database is at \(connection.applied.position), not at \(position)")
        }
        let problems = try connection.integrityProblems()
        guard problems.isEmpty else {
            throw TandemError(
                .damaged, "the restored database is damaged (integrity_check): \(problems.joined(separator: "; "))")
        }
        let tables = try connection.tablesViolatingForeignKeys()
        if !tables.isEmpty {
            remarks.append(
                "Rows of \(tables.joined(separator: ", ")) violate foreign keys, as they did at that moment.")
        }
        try connection.checkpointIfNeeded(evenIfShort: true)
        try connection.close()
        self.connection = nil
    }

    /// Closes what is of no use any more.
    func giveUp() {
        try? connection?.close()
        connection = nil
    }
}
