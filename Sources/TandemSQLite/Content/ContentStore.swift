import CTandemSQLite
import TandemLog

/// The sums as they are kept in the database itself, changed in the transaction that changes the rows
/// (docs/REPLICATION.md, rule 3): a table of the node's own, which is not in the log.
///
/// `known` is 0 for a sum that is not known, 1 for one that is, and 2 for one that is known and has to be compared with the
/// rows, because another program may have changed them.
///
/// The row with the table's own name says up to which index the others are right. A program that knows nothing of them, such as a
/// former version, moves the applied index on without it: they are worthless then.
final class ContentStore {
    static let table = StatementPolicy.ownPrefix + "checksum"

    /// What `known` says of a sum that has to be compared with the rows.
    static let mustBeChecked: Int64 = 2

    /// Makes the table.
    static let creation = """
        CREATE TABLE IF NOT EXISTS \(table)(
          name TEXT PRIMARY KEY, rows INTEGER NOT NULL, sum INTEGER NOT NULL, known INTEGER NOT NULL,
          generation INTEGER NOT NULL, signature TEXT NOT NULL, drifted_index INTEGER) WITHOUT ROWID;
        """

    private let upsert: OwnStatement
    private let delete: OwnStatement
    private let setIndex: OwnStatement

    init(_ handle: OpaquePointer) throws(SQLiteError) {
        upsert = try OwnStatement(
            handle, "INSERT OR REPLACE INTO \(Self.table) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        delete = try OwnStatement(handle, "DELETE FROM \(Self.table) WHERE name = ?1")
        setIndex = try OwnStatement(
            handle, "INSERT OR REPLACE INTO \(Self.table) VALUES ('\(Self.table)', ?1, 0, 1, 0, '', NULL)")
    }

    /// An entry as it is in the database.
    struct Entry {
        var sum: ContentSum
        var isKnown: Bool
        var mustBeChecked: Bool
        var generation: Int64
        var signature: String
        var driftedAt: LogIndex?
    }

    /// All entries by name, and the index up to which they are right; nil for none.
    static func read(_ handle: OpaquePointer) throws(SQLiteError) -> (entries: [String: Entry], index: LogIndex?) {
        let statement = try OwnStatement(
            handle, "SELECT name, rows, sum, known, generation, signature, drifted_index FROM \(table)")
        var entries: [String: Entry] = [:]
        var index: LogIndex?
        while try statement.step() {
            let name = statement.text(0)
            if name == table {
                index = LogIndex(UInt64(bitPattern: statement.int64(1)))
            } else {
                entries[name] = entry(statement)
            }
        }
        return (entries, index)
    }

    /// The entry of one table; nil if there is none.
    static func read(_ name: String, _ handle: OpaquePointer) throws(SQLiteError) -> Entry? {
        let statement = try OwnStatement(
            handle,
            "SELECT name, rows, sum, known, generation, signature, drifted_index FROM \(table) WHERE name = ?1")
        statement.bind(name, at: 1)
        return try statement.step() ? entry(statement) : nil
    }

    private static func entry(_ statement: OwnStatement) -> Entry {
        Entry(
            sum: ContentSum(rows: statement.int64(1), sum: UInt64(bitPattern: statement.int64(2))),
            isKnown: statement.int64(3) != 0, mustBeChecked: statement.int64(3) == mustBeChecked,
            generation: statement.int64(4), signature: statement.text(5),
            driftedAt: statement.isNull(6) ? nil : LogIndex(UInt64(bitPattern: statement.int64(6))))
    }

    func write(_ table: TableContent) throws(SQLiteError) {
        upsert.bind(table.name, at: 1)
        upsert.bind(table.sum.rows, at: 2)
        upsert.bind(Int64(bitPattern: table.sum.sum), at: 3)
        upsert.bind(!table.isKnown ? 0 : table.mustBeChecked ? Self.mustBeChecked : 1, at: 4)
        upsert.bind(table.generation, at: 5)
        upsert.bind(table.signature, at: 6)
        if let index = table.driftedAt {
            upsert.bind(Int64(bitPattern: index.rawValue), at: 7)
        } else {
            sqlite3_bind_null(upsert.pointer, 7)
        }
        try upsert.run()
    }

    func remove(_ name: String) throws(SQLiteError) {
        delete.bind(name, at: 1)
        try delete.run()
    }

    /// The entries are right up to this index.
    func write(_ index: LogIndex) throws(SQLiteError) {
        setIndex.bind(Int64(bitPattern: index.rawValue), at: 1)
        try setIndex.run()
    }
}
