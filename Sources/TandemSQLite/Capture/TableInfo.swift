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
    /// The table's entry among the sums; nil if it has none.
    let content: TableContent?
    /// Whether the schema is still the one that this was asked of.
    var isCurrent = true
    private let shape: TableShape
    /// Of each value whether its column has REAL affinity.
    private let isReal: UnsafeMutablePointer<UInt8>
    private let hasDefaults: Bool
    /// Of each value whether the hook may give it as a real although it is stored as an integer: SQLite then looks at
    /// another column's affinity, because it has not counted generated columns, or has taken a place in the row of a
    /// WITHOUT ROWID table for one in the table.
    let mayBeMadeReal: [Bool]
    private let isMadeReal: Bool
    /// The places of the primary key that may be made real.
    let uncertainKeyPlaces: [Int]
    private var storedRow: StoredRow?
    /// The highest rowid inserted in transaction ``sequenceTransaction``.
    var highestRowid: Int64 = .min
    var sequenceTransaction: UInt64 = 0

    let old: UnsafeMutablePointer<ctandem_value>
    let new: UnsafeMutablePointer<ctandem_value>

    var number: UInt32 { definition.number }
    var valueCount: Int { columns.count }
    var isRowid: Bool { definition.kind == .rowid }
    var isSequences: Bool { name == "sqlite_sequence" }

    init(_ shape: TableShape, number: UInt32, hookColumns: HookColumns, content: TableContent? = nil) {
        name = shape.name
        self.shape = shape
        self.content = content
        definition = shape.definition(number: number)
        refusal = shape.refusal
        isAutoincrement = shape.isAutoincrement
        let values = shape.valueColumns
        let (countsStored, updateCountsStored) =
            shape.isWithoutRowid
            ? (hookColumns.countsStoredInKeyedTable, hookColumns.countsStoredInKeyedUpdate)
            : (hookColumns.countsStoredInRowidTable, hookColumns.countsStoredInRowidTable)
        columns = values.map { countsStored ? $0.storedPlace : $0.place }
        updateColumns = values.map { updateCountsStored ? $0.storedPlace : $0.place }
        keyPlaces = shape.isWithoutRowid ? values.indices.filter { values[$0].isPrimaryKey } : []
        hasDefault = values.map(\.hasDefault)
        hasDefaults = hasDefault.contains(true)
        let asked = columns
        mayBeMadeReal = values.indices.map { place in
            let column = values[place]
            guard shape.isWithoutRowid else { return shape.makesReal(column, lookingAt: asked[place]) }
            return hookColumns.confusesKeyedAffinity && shape.makesReal(column, lookingAt: column.keyedPlace)
        }
        isMadeReal = mayBeMadeReal.contains(true)
        uncertainKeyPlaces = keyPlaces.filter { [mayBeMadeReal] in mayBeMadeReal[$0] }
        isReal = .allocate(capacity: max(1, values.count))
        isReal.initialize(repeating: 0, count: max(1, values.count))
        for place in values.indices where values[place].hasRealAffinity { isReal[place] = 1 }
        old = .allocate(capacity: max(1, values.count))
        new = .allocate(capacity: max(1, values.count))
        old.initialize(repeating: ctandem_value(), count: max(1, values.count))
        new.initialize(repeating: ctandem_value(), count: max(1, values.count))
    }

    deinit {
        old.deallocate()
        new.deallocate()
        isReal.deallocate()
    }
}

extension TableInfo {
    /// The hash of a row whose values are in ``old`` or ``new``.
    @inline(__always)
    func hash(of values: UnsafeMutablePointer<ctandem_value>, _ rowid: Int64) -> UInt64 {
        RowHash.hash(rowid: isRowid ? rowid : nil, values, isReal: isReal, count: valueCount)
    }

    /// Has ``old`` say what a reader of the row would be told: the hook says NULL for a column that was added with a
    /// default behind the row, and some integers are reals. ``oldValuesWereUsed()`` must follow.
    @inline(__always)
    func completeOldValues(_ handle: OpaquePointer, _ rowid: Int64) throws(SQLiteError) {
        guard hasDefaults || isMadeReal else { return }
        for place in 0..<valueCount where isWrong(place) { return try readStoredRow(handle, rowid) }
    }

    private func isWrong(_ place: Int) -> Bool {
        // An integer that may be made real has been: ``readOldValues(_:)`` has turned it back, and a real with it.
        hasDefault[place] && old[place].type == SQLITE_NULL
            || mayBeMadeReal[place] && (old[place].type == SQLITE_FLOAT || old[place].type == SQLITE_INTEGER)
    }

    private func readStoredRow(_ handle: OpaquePointer, _ rowid: Int64) throws(SQLiteError) {
        let row: StoredRow
        if let storedRow { row = storedRow } else { row = try StoredRow(handle, shape) }
        storedRow = row
        try row.read(rowid: rowid, keys: keyPlaces.map { old[$0] })
        for place in 0..<valueCount where isWrong(place) { old[place] = row.value(place) }
    }

    func oldValuesWereUsed() { storedRow?.reset() }
}
