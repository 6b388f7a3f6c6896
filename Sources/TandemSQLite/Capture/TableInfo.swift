import CTandemSQLite
import TandemLog

/// What capturing a table's changes has to know, asked once a table and schema.
final class TableInfo {
    let name: String
    /// The table as the log has it. Its number is given out once a segment.
    var definition: TableDefinition
    /// Whether the definition stands in the log of the current segment.
    var isDefined = false
    /// The hook's numbers of the value columns, for old values and those of an INSERT.
    let columns: [Int32]
    /// The hook's numbers of the value columns, for the new values of an UPDATE.
    let updateColumns: [Int32]
    /// The primary key's places among the value columns, in column order; empty for a rowid table.
    let keyPlaces: [Int]
    /// Whether a column was or could have been added with a default: rows from before say NULL instead of it.
    let hasDefault: [Bool]
    /// Why the table's changes cannot be captured.
    let refusal: SQLiteError?
    /// Whether SQLite keeps the table's highest rowid in `sqlite_sequence`.
    let isAutoincrement: Bool
    /// The highest rowid inserted in transaction ``sequenceTransaction``.
    var highestRowid: Int64 = .min
    var sequenceTransaction: UInt64 = 0

    let old: UnsafeMutablePointer<ctandem_value>
    let new: UnsafeMutablePointer<ctandem_value>

    var number: UInt32 { definition.number }
    var valueCount: Int { columns.count }
    var isRowid: Bool { definition.kind == .rowid }
    var isSequences: Bool { name == "sqlite_sequence" }

    init(_ shape: TableShape, number: UInt32, hookColumns: HookColumns) {
        name = shape.name
        definition = shape.definition(number: number)
        refusal = shape.refusal
        isAutoincrement = shape.isAutoincrement
        let values = shape.columns.filter { $0.isStored && !$0.isRowidAlias }
        let (countsStored, updateCountsStored) =
            shape.isWithoutRowid
            ? (hookColumns.countsStoredInKeyedTable, hookColumns.countsStoredInKeyedUpdate)
            : (hookColumns.countsStoredInRowidTable, hookColumns.countsStoredInRowidTable)
        columns = values.map { countsStored ? $0.storedPlace : $0.place }
        updateColumns = values.map { updateCountsStored ? $0.storedPlace : $0.place }
        keyPlaces = shape.isWithoutRowid ? values.indices.filter { values[$0].isPrimaryKey } : []
        hasDefault = values.map(\.hasDefault)
        old = .allocate(capacity: max(1, values.count))
        new = .allocate(capacity: max(1, values.count))
        old.initialize(repeating: ctandem_value(), count: max(1, values.count))
        new.initialize(repeating: ctandem_value(), count: max(1, values.count))
    }

    deinit {
        old.deallocate()
        new.deallocate()
    }
}
