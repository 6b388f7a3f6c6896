import CTandemSQLite
import TandemLog

/// Up to where a database has the log's records: kept in the database itself and changed in the same transaction as
/// the rows, so that it is true after any crash.
public struct AppliedState: Hashable, Sendable {
    /// The position of the last record in the database; index 0 and epoch counter 0 for none.
    public var position: Position

    public init(position: Position) { self.position = position }

    /// Before the first record.
    public static let none = AppliedState(
        position: Position(epoch: Epoch(counter: 0, node: NodeID(UniqueID(high: 0, low: 0))), index: .zero))

    static let table = StatementPolicy.ownPrefix + "state"

    /// Makes the table. Its row is there from then on.
    static let creation = """
        CREATE TABLE IF NOT EXISTS \(table)(
          id INTEGER PRIMARY KEY CHECK (id = 1), epoch_counter INTEGER NOT NULL, epoch_node TEXT NOT NULL,
          applied_index INTEGER NOT NULL);
        INSERT OR IGNORE INTO \(table) VALUES (1, 0, '\(NodeID(UniqueID(high: 0, low: 0)))', 0);
        """

    /// Writes the position: ?1 epoch counter, ?2 epoch node, ?3 index.
    static let update = "UPDATE \(table) SET epoch_counter = ?1, epoch_node = ?2, applied_index = ?3 WHERE id = 1"

    /// Changes nothing, but the preupdate hook must see it.
    static let touch = "UPDATE \(table) SET applied_index = applied_index WHERE id = 1"

    /// The page that each commit of the node's writes: the table has one row.
    static func page(_ handle: OpaquePointer) throws(SQLiteError) -> UInt32 {
        let statement = try OwnStatement(
            handle, "SELECT rootpage FROM main.sqlite_schema WHERE type = 'table' AND name = '\(table)'")
        return try statement.step() ? UInt32(clamping: statement.int64(0)) : 0
    }

    /// Asks for the position.
    static let query = "SELECT epoch_counter, epoch_node, applied_index FROM \(table) WHERE id = 1"

    /// Reads the position in the state of the database that `handle` sees.
    init(reading handle: OpaquePointer) throws(SQLiteError) { try self.init(OwnStatement(handle, Self.query)) }

    /// Reads the position in the state of the database that a statement of ``query`` sees.
    init(_ statement: OwnStatement) throws(SQLiteError) {
        // It would keep the state that it reads.
        defer { statement.reset() }
        guard try statement.step(), let counter = UInt32(exactly: statement.int64(0)),
            let node = NodeID(statement.text(1)), let index = UInt64(exactly: statement.int64(2))
        else {
            throw SQLiteError(.unsupported, "The table \(Self.table) does not hold what Tandem wrote there.")
        }
        position = Position(epoch: Epoch(counter: counter, node: node), index: LogIndex(index))
    }
}
