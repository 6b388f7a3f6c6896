/// What SQLite keeps for a connection and a client expects of its session: the answers of `last_insert_rowid()`,
/// `changes()` and `total_changes()`.
///
/// A session keeps them, sets them on whatever connection it is about to use, and reads them back afterwards
/// (``StatementConnection/beginSession(_:)``, ``StatementConnection/endSession()``).
public struct SessionValues: Hashable, Sendable {
    /// The rowid of the last row that the session inserted; 0 before the first.
    public var lastInsertRowid: Int64
    /// How many rows the session's last INSERT, UPDATE or DELETE changed.
    public var changes: Int64
    /// How many rows the session has changed, those that triggers and foreign keys changed included.
    public var totalChanges: Int64

    public init(lastInsertRowid: Int64 = 0, changes: Int64 = 0, totalChanges: Int64 = 0) {
        self.lastInsertRowid = lastInsertRowid
        self.changes = changes
        self.totalChanges = totalChanges
    }

    /// The same with another answer of `last_insert_rowid()`.
    public func with(lastInsertRowid: Int64) -> SessionValues {
        SessionValues(lastInsertRowid: lastInsertRowid, changes: changes, totalChanges: totalChanges)
    }
}
