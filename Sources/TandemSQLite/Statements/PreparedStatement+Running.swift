import CTandemSQLite

extension PreparedStatement {
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// Binds an integer. Indexes count from 1, as for all `bind`.
    ///
    /// - Throws: ``SQLiteError`` if there is no such parameter or the statement is running.
    public func bind(_ value: Int64, at index: Int) throws(SQLiteError) {
        try check(sqlite3_bind_int64(pointer, Int32(clamping: index), value))
    }

    /// Binds a real. SQLite has no NaN: it becomes NULL.
    public func bind(_ value: Double, at index: Int) throws(SQLiteError) {
        try check(sqlite3_bind_double(pointer, Int32(clamping: index), value))
    }

    public func bindNull(at index: Int) throws(SQLiteError) {
        try check(sqlite3_bind_null(pointer, Int32(clamping: index)))
    }

    /// Binds text in UTF-8.
    ///
    /// - Parameter copying: false if the bytes stay valid and unchanged until the parameter is bound again or
    ///   ``clearBindings()``.
    public func bindText(_ bytes: UnsafeRawBufferPointer, at index: Int, copying: Bool = true) throws(SQLiteError) {
        let destructor = copying ? Self.transient : nil
        try check(
            withAddress(of: bytes) {
                sqlite3_bind_text64(
                    pointer, Int32(clamping: index), $0.assumingMemoryBound(to: CChar.self), UInt64(bytes.count),
                    destructor, UInt8(SQLITE_UTF8))
            })
    }

    /// Binds a blob; `copying` as for ``bindText(_:at:copying:)``.
    public func bindBlob(_ bytes: UnsafeRawBufferPointer, at index: Int, copying: Bool = true) throws(SQLiteError) {
        let destructor = copying ? Self.transient : nil
        try check(
            withAddress(of: bytes) {
                sqlite3_bind_blob64(pointer, Int32(clamping: index), $0, UInt64(bytes.count), destructor)
            })
    }

    /// Sets all parameters to NULL.
    public func clearBindings() { sqlite3_clear_bindings(pointer) }

    /// Goes to the next row.
    ///
    /// - Returns: whether there is one; false at the end.
    /// - Throws: ``SQLiteError``; the statement is reset then. `groupLost` if SQLite rolled back the whole group.
    public func step() throws(SQLiteError) -> Bool {
        if !isRunning { owner.statementBegins(self) }
        switch sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            let error = SQLiteError(owner.handle, resultCode: code)
            sqlite3_reset(pointer)
            throw owner.statementFailed(self, error)
        }
    }

    /// Ends the statement, whether or not all rows were read. Its bindings stay.
    public func reset() { sqlite3_reset(pointer) }

    private func check(_ code: Int32) throws(SQLiteError) {
        guard code == SQLITE_OK else { throw SQLiteError(owner.handle, resultCode: code) }
    }

    /// SQLite takes an address of nil for NULL, so that nothing at all needs some address.
    private func withAddress(of bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawPointer) -> Int32) -> Int32 {
        if let address = bytes.baseAddress { return body(address) }
        return body(emptyBytes)
    }
}

/// An address for values of no bytes, valid for ever.
nonisolated(unsafe) let emptyBytes = UnsafeRawPointer(UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))

extension PreparedStatement {
    /// What a column of the current row holds: `SQLITE_INTEGER`, `SQLITE_FLOAT`, `SQLITE_TEXT`, `SQLITE_BLOB` or
    /// `SQLITE_NULL`. Columns are counted from 0.
    public func columnType(_ column: Int) -> Int32 { sqlite3_column_type(pointer, Int32(truncatingIfNeeded: column)) }

    public func isNull(_ column: Int) -> Bool { columnType(column) == SQLITE_NULL }

    public func int64(_ column: Int) -> Int64 { sqlite3_column_int64(pointer, Int32(truncatingIfNeeded: column)) }

    public func double(_ column: Int) -> Double { sqlite3_column_double(pointer, Int32(truncatingIfNeeded: column)) }

    /// A column as text in UTF-8, converted where it is none. Valid until the next step, reset or access of the
    /// column as another type.
    public func text(_ column: Int) -> UnsafeRawBufferPointer {
        let bytes = sqlite3_column_text(pointer, Int32(truncatingIfNeeded: column))
        let count = Int(sqlite3_column_bytes(pointer, Int32(truncatingIfNeeded: column)))
        return UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count)
    }

    /// A column's bytes. Valid as long as those of ``text(_:)``.
    public func blob(_ column: Int) -> UnsafeRawBufferPointer {
        let bytes = sqlite3_column_blob(pointer, Int32(truncatingIfNeeded: column))
        let count = Int(sqlite3_column_bytes(pointer, Int32(truncatingIfNeeded: column)))
        return UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count)
    }
}
