import CTandemSQLite
import TandemLog

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension ChangeCapture {
    /// The preupdate hook: a row is about to change.
    func rowChanges(
        _ operation: Int32, _ schema: UnsafePointer<CChar>, _ name: UnsafePointer<CChar>, _ oldRowid: Int64,
        _ newRowid: Int64
    ) {
        switch mode {
        case .capturing: break
        case .suppressed: return
        case .ownState:
            ownChanges += 1
            return
        case .idle:
            hasLostChanges = true
            return
        }
        guard failure == nil else { return }
        do throws(SQLiteError) {
            try check(schema, name)
            if StatisticsTable.isOne(name) { return statisticsChange() }
            let table = try catalog.table(name)
            if let refusal = table.refusal { throw refusal }
            if table.isSequences { return sequences.wereTouched() }
            guard !statements.drops(table.name) else { return }
            try write(operation, table, oldRowid, newRowid)
            guard let contents else { return }
            let before = statements.isOwn
            statements.isOwn = true
            defer { statements.isOwn = before }
            try contents.rowChanges(operation, table, oldRowid, newRowid)
        } catch {
            fail(error)
        }
    }

    /// A row of a statistics table changes, which is not told. With ANALYZE and DROP it is SQLite itself that changes it,
    /// and their text is told; where a client does so, and nothing else, its transaction must have a record, or it would
    /// not be committed.
    private func statisticsChange() {
        guard statements.change == nil, isRecordEmpty else { return }
        buffer.writeSchema(StatisticsTable.text)
    }

    private func check(_ schema: UnsafePointer<CChar>, _ name: UnsafePointer<CChar>) throws(SQLiteError) {
        guard strcmp(schema, "main") == 0 else {
            throw SQLiteError(
                .refused, "Only the database `main` is replicated, not `\(String(cString: schema))`.",
                table: String(cString: name))
        }
        if name[0] == CChar(UInt8(ascii: "_")), StatementPolicy.isOwn(String(cString: name)), !allowsUserTable {
            throw SQLiteError(
                .refused, "Tables whose names begin with \(StatementPolicy.ownPrefix) are Tandem's own.",
                table: String(cString: name))
        }
        if ctandem_blob_write_column(handle) >= 0 { throw blobRefusal(String(cString: name)) }
    }

    /// SQLite tells that bytes of a value are about to be written, and not which.
    private func blobRefusal(_ table: String) -> SQLiteError {
        var message =
            "Incremental blob I/O (sqlite3_blob_write) cannot be replicated: SQLite does not tell what is written. "
        if table.hasSuffix("_data") {  // The shadow table in which FTS5 counts changes of its settings.
            let name = table.dropLast("_data".count)
            message +=
                "FTS5 does so for its settings, such as INSERT INTO \(name)(\(name), rank) VALUES ('pgsz', 512): "
                + "leave them as they are."
        } else {
            message += "Use UPDATE."
        }
        return SQLiteError(.refused, message, table: table)
    }

    private func write(
        _ operation: Int32, _ table: TableInfo, _ oldRowid: Int64, _ newRowid: Int64
    ) throws(SQLiteError) {
        // A copy shares the buffer's memory; it spares checks of exclusive access.
        var buffer = buffer
        if !table.isDefined {
            let place = buffer.byteCount
            buffer.writeTableDefinition(table.definition)
            catalog.definitionWritten(table, at: place)
        }
        switch operation {
        case SQLITE_INSERT: try writeInsert(table, newRowid, &buffer)
        case SQLITE_DELETE: try writeDelete(table, oldRowid, &buffer)
        default: try writeUpdate(table, oldRowid, newRowid, &buffer)
        }
    }

    private func writeInsert(_ table: TableInfo, _ rowid: Int64, _ buffer: inout RecordBuffer) throws(SQLiteError) {
        try table.readNewValues(handle, isUpdate: false)
        try table.checkNewKey()
        if table.isRowid {
            buffer.writeInsert(table: table.number, rowid: rowid)
        } else {
            buffer.writeInsert(table: table.number)
        }
        for place in 0..<table.valueCount { buffer.write(table.new[place]) }
        if table.isAutoincrement { sequences.inserted(rowid, into: table) }
    }

    private func writeDelete(_ table: TableInfo, _ rowid: Int64, _ buffer: inout RecordBuffer) throws(SQLiteError) {
        try table.readOldValues(handle)
        if table.isRowid {
            buffer.writeDelete(table: table.number, rowid: rowid)
        } else {
            buffer.writeDelete(table: table.number)
        }
        for place in 0..<table.valueCount { buffer.write(table.old[place]) }
    }

    private func writeUpdate(
        _ table: TableInfo, _ oldRowid: Int64, _ newRowid: Int64, _ buffer: inout RecordBuffer
    ) throws(SQLiteError) {
        let count = table.valueCount
        try table.readOldValues(handle)
        try table.readNewValues(handle, isUpdate: true)
        try table.checkNewKey()
        // An UPDATE that changes nothing is logged nevertheless: that is rare, and a record without changes would
        // make a transaction vanish that the primary counts.
        if table.isRowid {
            buffer.writeUpdate(table: table.number, oldRowid: oldRowid, newRowid: newRowid)
        } else {
            buffer.writeUpdate(table: table.number)
            for place in table.keyPlaces { buffer.write(table.old[place]) }
        }
        buffer.writeChangedColumns(of: count)
        for place in 0..<count where hasChanged(table, place) {
            buffer.markChanged(place)
            buffer.write(table.old[place])
            buffer.write(table.new[place])
        }
    }

    /// A row from before ALTER TABLE … ADD COLUMN … DEFAULT says NULL where it has the default: NULL and NULL are then
    /// no proof that nothing changed. Nor are two numbers where an old integer may have been told as a real.
    private func hasChanged(_ table: TableInfo, _ place: Int) -> Bool {
        let (old, new) = (table.old[place], table.new[place])
        guard old.type == new.type else { return true }
        switch old.type {
        case SQLITE_INTEGER: return old.integer != new.integer || table.mayBeMadeReal[place]
        case SQLITE_FLOAT: return old.real.bitPattern != new.real.bitPattern || table.mayBeMadeReal[place]
        case SQLITE_NULL: return table.hasDefault[place]
        default: return old.count != new.count || (old.count > 0 && memcmp(old.bytes, new.bytes, Int(old.count)) != 0)
        }
    }
}

extension RecordBuffer {
    /// Writes a value as SQLite gave it.
    @inline(__always)
    mutating func write(_ value: ctandem_value) {
        switch value.type {
        case SQLITE_INTEGER: writeInteger(value.integer)
        case SQLITE_FLOAT: writeReal(value.real)
        case SQLITE_TEXT: writeText(UnsafeRawBufferPointer(start: value.bytes, count: Int(value.count)))
        case SQLITE_BLOB: writeBlob(UnsafeRawBufferPointer(start: value.bytes, count: Int(value.count)))
        default: writeNull()
        }
    }
}
