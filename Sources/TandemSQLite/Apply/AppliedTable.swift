import CTandemSQLite
import TandemLog

/// One table of a database that records are applied to, with its prepared statements.
final class AppliedTable {
    private let handle: OpaquePointer
    private let definition: TableDefinition
    private let columns: [String]
    private let keys: [String]
    private let rowid: String
    private let isRowid: Bool
    private let isSequences: Bool
    /// The table's entry among the sums; nil if it has none.
    let content: TableContent?
    private var insertStatement: OwnStatement?
    private var deleteStatement: OwnStatement?
    private var updates: [UpdateKey: OwnStatement] = [:]
    private var lastUpdate: (key: UpdateKey, statement: OwnStatement)?

    /// Which columns an UPDATE sets.
    private struct UpdateKey: Hashable {
        var changed: [UInt8]
        var changesRowid: Bool

        func matches(_ bytes: UnsafeRawBufferPointer, _ changesRowid: Bool) -> Bool {
            guard self.changesRowid == changesRowid, changed.count == bytes.count else { return false }
            for place in 0..<bytes.count where changed[place] != bytes[place] { return false }
            return true
        }
    }

    init(
        _ handle: OpaquePointer, _ definition: TableDefinition, _ shape: TableShape, content: TableContent? = nil
    ) throws(SQLiteError) {
        self.handle = handle
        self.content = content
        self.definition = definition
        columns = definition.valueColumns.map(\.name.quotedName)
        keys = definition.valueColumns.filter(\.isPrimaryKey).map(\.name.quotedName)
        isRowid = definition.kind == .rowid
        guard let name = isRowid ? shape.rowidName : "" else {
            throw SQLiteError(.unsupported, "The rows of `\(definition.name)` cannot be named.", table: definition.name)
        }
        rowid = name.quotedName
        isSequences = definition.name == "sqlite_sequence"
    }

    private var name: String { "main." + definition.name.quotedName }

    @inline(__always)
    func insert(_ row: ChangeView.Insert, _ record: Record) throws(SQLiteError) {
        if isSequences { return try setSequence(row, record) }
        let statement: OwnStatement
        if let insertStatement { statement = insertStatement } else { statement = try prepareInsert() }
        let pointer = statement.pointer
        var index: Int32 = 1
        if isRowid {
            sqlite3_bind_int64(pointer, 1, row.rowid)
            index = 2
        }
        for value in row.values {
            pointer.bind(value, at: index)
            index += 1
        }
        try run(statement, "a row that is inserted", record)
    }

    func update(_ row: ChangeView.Update, _ record: Record) throws(SQLiteError) {
        let statement = try updateStatement(row)
        let pointer = statement.pointer
        var index: Int32 = 1
        for value in row.newValues {
            pointer.bind(value, at: index)
            index += 1
        }
        if isRowid {
            if row.newRowid != row.oldRowid {
                sqlite3_bind_int64(pointer, index, row.newRowid)
                index += 1
            }
            sqlite3_bind_int64(pointer, index, row.oldRowid)
        } else {
            for value in row.oldKey {
                pointer.bind(value, at: index)
                index += 1
            }
        }
        try run(statement, "a row that is updated", record)
    }

    func delete(_ row: ChangeView.Delete, _ record: Record) throws(SQLiteError) {
        let statement: OwnStatement
        if let deleteStatement { statement = deleteStatement } else { statement = try prepareDelete() }
        if isRowid {
            sqlite3_bind_int64(statement.pointer, 1, row.rowid)
        } else {
            var index: Int32 = 1
            for (place, column) in definition.valueColumns.enumerated() where column.isPrimaryKey {
                statement.pointer.bind(row.oldValues[place], at: index)
                index += 1
            }
        }
        try run(statement, "a row that is deleted", record)
    }

    @inline(__always)
    private func run(_ statement: OwnStatement, _ subject: String, _ record: Record) throws(SQLiteError) {
        let code = sqlite3_step(statement.pointer)
        let reset = sqlite3_reset(statement.pointer)
        guard code == SQLITE_DONE else { throw failure(reset, subject, record) }
        guard sqlite3_changes(handle) == 1 else {
            throw SQLiteError.contentDiffers(record.index, definition.name, "\(subject) is not there")
        }
    }

    private func failure(_ code: Int32, _ subject: String, _ record: Record) -> SQLiteError {
        let cause = SQLiteError(handle, resultCode: code)
        guard cause.primaryResultCode == SQLITE_CONSTRAINT else { return cause }
        return .contentDiffers(
            record.index, definition.name, "\(subject) does not fit (\(cause.message))", resultCode: cause.resultCode)
    }
}

extension AppliedTable {
    private func prepareInsert() throws(SQLiteError) -> OwnStatement {
        let names = (isRowid ? [rowid] : []) + columns
        let parameters = names.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        let statement = try OwnStatement(
            handle, "INSERT INTO \(name)(\(names.joined(separator: ", "))) VALUES (\(parameters))")
        insertStatement = statement
        return statement
    }

    private func prepareDelete() throws(SQLiteError) -> OwnStatement {
        let statement = try OwnStatement(handle, "DELETE FROM \(name) WHERE \(condition(from: 1))")
        deleteStatement = statement
        return statement
    }

    private func updateStatement(_ row: ChangeView.Update) throws(SQLiteError) -> OwnStatement {
        let changesRowid = row.newRowid != row.oldRowid
        if let lastUpdate, lastUpdate.key.matches(row.changed, changesRowid) { return lastUpdate.statement }
        let key = UpdateKey(changed: [UInt8](row.changed), changesRowid: changesRowid)
        let statement: OwnStatement
        if let known = updates[key] { statement = known } else { statement = try prepareUpdate(row, key) }
        lastUpdate = (key, statement)
        return statement
    }

    private func prepareUpdate(_ row: ChangeView.Update, _ key: UpdateKey) throws(SQLiteError) -> OwnStatement {
        var names = row.columns.map { columns[Int($0)] }
        if key.changesRowid { names.append(rowid) }
        // An UPDATE that changed nothing must still find its row: it sets the key to itself.
        let settings =
            names.isEmpty
            ? "\(isRowid ? rowid : keys[0]) = \(isRowid ? rowid : keys[0])"
            : names.enumerated().map { "\($1) = ?\($0 + 1)" }.joined(separator: ", ")
        let statement = try OwnStatement(
            handle, "UPDATE \(name) SET \(settings) WHERE \(condition(from: names.count + 1))")
        if updates.count >= 64 { updates.removeAll() }
        updates[key] = statement
        return statement
    }

    private func condition(from first: Int) -> String {
        if isRowid { return "\(rowid) = ?\(first)" }
        return keys.enumerated().map { "\($1) = ?\($0 + first)" }.joined(separator: " AND ")
    }

    /// A row of `sqlite_sequence` says what must be there, whatever the inserts before it have made of it.
    private func setSequence(_ row: ChangeView.Insert, _ record: Record) throws(SQLiteError) {
        let delete = try OwnStatement(handle, "DELETE FROM sqlite_sequence WHERE name IS ?1 OR rowid = ?2")
        let insert = try OwnStatement(handle, "INSERT INTO sqlite_sequence(rowid, name, seq) VALUES (?1, ?2, ?3)")
        guard row.values.count == 2 else {
            throw SQLiteError.contentDiffers(record.index, definition.name, "it has other columns")
        }
        delete.pointer.bind(row.values[0], at: 1)
        delete.bind(row.rowid, at: 2)
        insert.bind(row.rowid, at: 1)
        insert.pointer.bind(row.values[0], at: 2)
        insert.pointer.bind(row.values[1], at: 3)
        try delete.run()
        try insert.run()
    }
}
