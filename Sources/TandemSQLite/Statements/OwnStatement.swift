import CTandemSQLite

/// A prepared statement of Tandem's own, run past GRDB.
final class OwnStatement {
    let pointer: OpaquePointer
    private let connection: OpaquePointer

    init(_ connection: OpaquePointer, _ sql: String) throws(SQLiteError) {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let prepared else { throw SQLiteError(connection, resultCode: code) }
        pointer = prepared
        self.connection = connection
    }

    deinit { sqlite3_finalize(pointer) }

    /// Runs the statement to its end; rows are skipped.
    func run() throws(SQLiteError) {
        let code = runQuietly()
        guard code == SQLITE_OK else { throw SQLiteError(connection, resultCode: code) }
    }

    /// Runs the statement to its end.
    ///
    /// - Returns: `SQLITE_OK`, or why it failed.
    func runQuietly() -> Int32 {
        var code = sqlite3_step(pointer)
        while code == SQLITE_ROW { code = sqlite3_step(pointer) }
        let reset = sqlite3_reset(pointer)
        return code == SQLITE_DONE ? SQLITE_OK : reset == SQLITE_OK ? code : reset
    }

    /// The next row; false at the end. ``reset()`` afterwards.
    func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            let error = SQLiteError(connection, resultCode: code)
            reset()
            throw error
        }
    }

    func reset() { sqlite3_reset(pointer) }

    func bind(_ value: Int64, at index: Int32) { sqlite3_bind_int64(pointer, index, value) }

    func bind(_ text: String, at index: Int32) {
        sqlite3_bind_text(pointer, index, text, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
    }

    func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(pointer, column) == SQLITE_NULL }

    func text(_ column: Int32) -> String {
        guard let bytes = sqlite3_column_text(pointer, column) else { return "" }
        let count = Int(sqlite3_column_bytes(pointer, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    /// A value as it lies in the statement's row: valid until the next step.
    func value(_ column: Int32) -> ctandem_value {
        var value = ctandem_value()
        value.type = sqlite3_column_type(pointer, column)
        switch value.type {
        case SQLITE_INTEGER: value.integer = sqlite3_column_int64(pointer, column)
        case SQLITE_FLOAT: value.real = sqlite3_column_double(pointer, column)
        case SQLITE_TEXT:
            value.bytes = UnsafeRawPointer(sqlite3_column_text(pointer, column))
            value.count = sqlite3_column_bytes(pointer, column)
        case SQLITE_BLOB:
            value.bytes = sqlite3_column_blob(pointer, column)
            value.count = sqlite3_column_bytes(pointer, column)
        default: break
        }
        return value
    }
}

extension String {
    /// The text as a name in SQL: `"…"`.
    var quotedName: String {
        "\"" + split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
