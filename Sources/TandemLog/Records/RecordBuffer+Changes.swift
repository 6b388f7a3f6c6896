extension RecordBuffer {
    /// A table definition, in force from here to the end of the segment or to the next with the same number.
    public mutating func writeTableDefinition(_ definition: TableDefinition) {
        appendByte(ChangeCode.tableDefinition)
        appendVarint(UInt64(definition.number))
        appendByte(definition.kind.rawValue)
        appendString(definition.name)
        appendVarint(UInt64(definition.columns.count))
        for column in definition.columns {
            appendByte((column.isPrimaryKey ? 1 : 0) | (column.isRowidAlias ? 2 : 0))
            appendString(column.name)
            appendString(column.declaredType)
        }
    }

    /// Begins the insert of a row into a rowid table. The row's values must follow, one for each of the table's
    /// ``TableDefinition/valueColumns``.
    @inlinable
    public mutating func writeInsert(table: UInt32, rowid: Int64) {
        writeHead(ChangeCode.insert, table)
        appendZigzag(rowid)
    }

    /// Begins the insert of a row into a WITHOUT ROWID table. The row's values must follow.
    @inlinable
    public mutating func writeInsert(table: UInt32) { writeHead(ChangeCode.insert, table) }

    /// Begins the delete of a row of a rowid table. The row's old values must follow, one for each of the table's
    /// ``TableDefinition/valueColumns``.
    @inlinable
    public mutating func writeDelete(table: UInt32, rowid: Int64) {
        writeHead(ChangeCode.delete, table)
        appendZigzag(rowid)
    }

    /// Begins the delete of a row of a WITHOUT ROWID table. The row's old values must follow.
    @inlinable
    public mutating func writeDelete(table: UInt32) { writeHead(ChangeCode.delete, table) }

    /// Begins the update of a row of a rowid table. ``writeChangedColumns(of:)`` must follow.
    @inlinable
    public mutating func writeUpdate(table: UInt32, oldRowid: Int64, newRowid: Int64) {
        writeHead(ChangeCode.update, table)
        appendZigzag(oldRowid)
        appendByte(oldRowid == newRowid ? 0 : 1)
        if oldRowid != newRowid { appendZigzag(newRowid) }
    }

    /// Begins the update of a row of a WITHOUT ROWID table. The old values of the primary key's columns must follow,
    /// in the columns' order, then ``writeChangedColumns(of:)``.
    @inlinable
    public mutating func writeUpdate(table: UInt32) { writeHead(ChangeCode.update, table) }

    /// Begins the changed columns of an update. For each column that changed, in order, ``markChanged(_:)`` and the
    /// old and the new value must follow.
    ///
    /// - Parameter count: how many ``TableDefinition/valueColumns`` the table has.
    @inlinable
    public mutating func writeChangedColumns(of count: Int) {
        let byteCount = (count + 7) / 8
        guard reserve(byteCount) else { return }
        state.pointee.bitmap = state.pointee.count
        (state.pointee.base + state.pointee.count).initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        state.pointee.count += byteCount
    }

    /// Says that a column changed; its old and its new value must follow.
    ///
    /// - Parameter column: its offset into ``TableDefinition/valueColumns``.
    @inlinable
    public mutating func markChanged(_ column: Int) {
        guard !state.pointee.isOverfull else { return }
        let byte = state.pointee.base + state.pointee.bitmap + column / 8
        byte.storeBytes(of: byte.load(as: UInt8.self) | 1 << UInt8(column % 8), as: UInt8.self)
    }

    /// SQL text that changes the schema, to be executed as it is.
    public mutating func writeSchema(_ sql: String) {
        appendByte(ChangeCode.schema)
        appendString(sql)
    }

    /// A table's content checksum (reserved).
    public mutating func writeContentChecksum(_ checksum: ContentChecksum) {
        appendByte(ChangeCode.contentChecksum)
        appendVarint(UInt64(checksum.table))
        appendVarint(checksum.rowCount)
        Swift.withUnsafeBytes(of: checksum.sum.littleEndian) { appendBytes($0) }
    }

    @inlinable @inline(__always)
    mutating func writeHead(_ code: UInt8, _ table: UInt32) {
        appendByte(code)
        appendVarint(UInt64(table))
    }

    private mutating func appendString(_ text: String) {
        var text = text
        appendVarint(UInt64(text.utf8.count))
        text.withUTF8 { appendBytes(UnsafeRawBufferPointer($0)) }
    }
}

extension RecordBuffer {
    /// Writes `change` whole: for tests and tools.
    ///
    /// - Parameter columnCount: how many ``TableDefinition/valueColumns`` the table of an update has.
    public mutating func write(_ change: Change, columnCount: Int = 0) {
        switch change {
        case .tableDefinition(let definition): writeTableDefinition(definition)
        case .insert(let table, let rowid, let values):
            if let rowid { writeInsert(table: table, rowid: rowid) } else { writeInsert(table: table) }
            for value in values { write(value) }
        case .update(let table, let rowid, let newRowid, let oldKey, let columns):
            if let rowid {
                writeUpdate(table: table, oldRowid: rowid, newRowid: newRowid ?? rowid)
            } else {
                writeUpdate(table: table)
            }
            for value in oldKey { write(value) }
            writeChangedColumns(of: columnCount)
            for column in columns {
                markChanged(column.column)
                write(column.old)
                write(column.new)
            }
        case .delete(let table, let rowid, let values):
            if let rowid { writeDelete(table: table, rowid: rowid) } else { writeDelete(table: table) }
            for value in values { write(value) }
        case .schema(let sql): writeSchema(sql)
        case .contentChecksum(let checksum): writeContentChecksum(checksum)
        }
    }
}
