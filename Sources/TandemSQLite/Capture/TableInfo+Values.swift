import CTandemSQLite

// The values of a row as the hook tells them.
extension TableInfo {
    /// Whole numbers below are the same as reals and as integers.
    private static let exactReals = 0x1p53

    /// Reads a row that is updated or deleted into ``old``, inside of the hook.
    ///
    /// - Throws: ``SQLiteError``: `refused` if the row's key cannot be told.
    @inline(__always)
    func readOldValues(_ handle: OpaquePointer) throws(SQLiteError) {
        try check(ctandem_old_values(handle, columns, Int32(valueCount), old))
        for place in uncertainKeyPlaces where old[place].type == SQLITE_FLOAT {
            try checkKey(old[place], place)
            guard let integer = Int64(exactly: old[place].real) else { continue }
            // Perhaps it was a real; the row is found by either.
            old[place].type = SQLITE_INTEGER
            old[place].integer = integer
        }
    }

    /// Reads a row that is inserted, or what it becomes by an update, into ``new``, inside of the hook.
    @inline(__always)
    func readNewValues(_ handle: OpaquePointer, isUpdate: Bool) throws(SQLiteError) {
        try check(ctandem_new_values(handle, isUpdate ? updateColumns : columns, Int32(valueCount), new))
    }

    /// Refuses a row in ``new`` whose key could not be told when it changes.
    @inline(__always)
    func checkNewKey() throws(SQLiteError) {
        for place in uncertainKeyPlaces { try checkKey(new[place], place) }
    }

    /// Several integers become the same real from 2^53 on: which of them a row's key is could not be told any more.
    private func checkKey(_ key: ctandem_value, _ place: Int) throws(SQLiteError) {
        let size: Double
        switch key.type {
        case SQLITE_INTEGER: size = Double(key.integer.magnitude)
        case SQLITE_FLOAT: size = key.real.magnitude
        default: return
        }
        // Beyond 2^63 it was no integer.
        guard size >= Self.exactReals, size <= 0x1p63 else { return }
        let column = definition.valueColumns[place].name
        throw SQLiteError(
            .refused,
            "SQLite does not report a key of 2^53 or more in column `\(column)` of `\(name)` exactly, so that the row "
                + "cannot be named on another node: in the table's definition a REAL column has the place that this column "
                + "has in the key. Make the table anew with the primary key's columns first, in the key's order.",
            table: name)
    }

    private func check(_ code: Int32) throws(SQLiteError) {
        guard code != SQLITE_OK else { return }
        throw SQLiteError(
            .captureFailed, "SQLite did not tell how a row of `\(name)` changes.", resultCode: code, table: name)
    }
}
