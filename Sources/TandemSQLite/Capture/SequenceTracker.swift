import CTandemSQLite
import TandemLog

/// Keeps `sqlite_sequence` the same on all nodes.
///
/// The preupdate hook does not see how an INSERT into an AUTOINCREMENT table changes it, and the applier's INSERT
/// changes it as well, but not always in the same way: an INSERT OR IGNORE that was ignored uses a number up. So the
/// table is compared at the end of each transaction that inserted something, and what the applier would not come to
/// by itself is logged.
final class SequenceTracker {
    struct Row: Equatable {
        var name: Value
        var sequence: Value
    }

    private let handle: OpaquePointer
    private var select: OwnStatement?
    /// The table as the log leaves it, by rowid; nil if it is not known.
    private var known: [Int64: Row]?
    private var exists = false
    private var isExistenceKnown = false
    /// Whether the open transaction may have changed the table.
    private var mayHaveChanged = false
    /// Whether the open transaction wrote to the table itself, or changed the schema.
    private var needsWholeTable = false
    private var transaction: UInt64 = 0
    private var inserted: [TableInfo] = []

    init(_ handle: OpaquePointer) throws(SQLiteError) { self.handle = handle }

    func transactionBegins() {
        mayHaveChanged = false
        needsWholeTable = false
        transaction += 1
        inserted.removeAll(keepingCapacity: true)
    }

    /// An INSERT runs, or something that may contain one.
    func insertRuns() { mayHaveChanged = true }

    /// A statement wrote to the table itself.
    func wereTouched() {
        mayHaveChanged = true
        needsWholeTable = true
    }

    func schemaChanged() {
        select = nil
        isExistenceKnown = false
        wereTouched()
    }

    /// A change of the schema was taken back.
    func schemaChangedBack() {
        select = nil
        isExistenceKnown = false
    }

    /// The group was rolled back, or rows were applied: what is known is wrong.
    func forget() {
        known = nil
        select = nil
        isExistenceKnown = false
    }

    func inserted(_ rowid: Int64, into table: TableInfo) {
        if table.sequenceTransaction != transaction {
            table.sequenceTransaction = transaction
            table.highestRowid = .min
            inserted.append(table)
        }
        table.highestRowid = max(table.highestRowid, rowid)
    }

    /// Reads the table before the first transaction that may change it.
    func prepare() throws(SQLiteError) {
        guard known == nil else { return }
        known = try read()
    }

    /// Writes down where the table is not what the applier's INSERTs will make of it.
    ///
    /// - Parameter hasTruncated: whether something was taken back, so that the rows inserted are not all there.
    func write(into capture: ChangeCapture, hasTruncated: Bool) throws(SQLiteError) {
        guard mayHaveChanged else { return }
        let now = try read()
        let before = known ?? [:]
        guard now != before || needsWholeTable || !inserted.isEmpty else { return }
        if needsWholeTable || now.count < before.count || inserted.contains(where: { !isListed($0, in: now) }) {
            writeWhole(now, into: capture)
        } else {
            for (rowid, row) in now.sorted(by: { $0.key < $1.key })
            where !comesByItself(from: before[rowid], to: row, canPredict: !hasTruncated) {
                try write(row, rowid, into: capture)
            }
        }
        known = now
    }

    private func write(_ row: Row, _ rowid: Int64, into capture: ChangeCapture) throws(SQLiteError) {
        let table = try capture.catalog.table("sqlite_sequence")
        if !table.isDefined {
            let place = capture.buffer.byteCount
            capture.buffer.writeTableDefinition(table.definition)
            capture.catalog.definitionWritten(table, at: place)
        }
        capture.buffer.writeInsert(table: table.number, rowid: rowid)
        capture.buffer.write(row.name)
        capture.buffer.write(row.sequence)
    }

    /// A statement that failed by OR FAIL leaves its rows, but writes nothing here, not even a first row.
    private func isListed(_ table: TableInfo, in rows: [Int64: Row]) -> Bool {
        rows.values.contains { $0.name == .text(table.name) }
    }

    /// Whether the applier comes to `row` from `earlier` without being told.
    private func comesByItself(from earlier: Row?, to row: Row, canPredict: Bool) -> Bool {
        guard let earlier, earlier.name == row.name else { return false }
        guard case .text(let name) = row.name, let table = inserted.first(where: { $0.name == name }) else {
            return earlier == row
        }
        guard canPredict, case .integer(let old) = earlier.sequence, case .integer(let new) = row.sequence else {
            return false
        }
        return new == max(old, table.highestRowid)
    }

    private func writeWhole(_ rows: [Int64: Row], into capture: ChangeCapture) {
        guard exists else { return }
        capture.buffer.writeSchema("DELETE FROM sqlite_sequence")
        for (rowid, row) in rows.sorted(by: { $0.key < $1.key }) {
            capture.buffer.writeSchema(
                "INSERT INTO sqlite_sequence(rowid, name, seq) VALUES (\(rowid), \(row.name), \(row.sequence))")
        }
    }

    private func read() throws(SQLiteError) -> [Int64: Row] {
        if !isExistenceKnown {
            let statement = try OwnStatement(
                handle, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'sqlite_sequence'")
            exists = try statement.step()
            isExistenceKnown = true
        }
        guard exists else { return [:] }
        if select == nil { select = try OwnStatement(handle, "SELECT rowid, name, seq FROM sqlite_sequence") }
        return try select?.rows() ?? [:]
    }
}

extension OwnStatement {
    fileprivate func rows() throws(SQLiteError) -> [Int64: SequenceTracker.Row] {
        var rows: [Int64: SequenceTracker.Row] = [:]
        defer { reset() }
        while try step() { rows[int64(0)] = SequenceTracker.Row(name: ownedValue(1), sequence: ownedValue(2)) }
        return rows
    }

    /// A copy of a value of the current row.
    func ownedValue(_ column: Int32) -> Value {
        let value = value(column)
        switch value.type {
        case SQLITE_INTEGER: return .integer(value.integer)
        case SQLITE_FLOAT: return .real(value.real)
        case SQLITE_TEXT:
            return .text(
                String(decoding: UnsafeRawBufferPointer(start: value.bytes, count: Int(value.count)), as: UTF8.self))
        case SQLITE_BLOB: return .blob([UInt8](UnsafeRawBufferPointer(start: value.bytes, count: Int(value.count))))
        default: return .null
        }
    }
}
