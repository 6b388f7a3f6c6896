import CTandemSQLite

/// Reads the values of a row as they are stored, by its rowid or key: for what the preupdate hook does not tell. Its
/// statement may run inside of the hook, where the row has not changed yet.
final class StoredRow {
    private let statement: OwnStatement
    private let hasRowid: Bool
    private let table: String

    init(_ handle: OpaquePointer, _ shape: TableShape) throws(SQLiteError) {
        hasRowid = !shape.isWithoutRowid
        table = shape.name
        let columns = shape.valueColumns
        let keys =
            hasRowid
            ? [shape.rowidName ?? "rowid"] : columns.filter(\.isPrimaryKey).map(\.name)
        let condition = keys.enumerated().map { "\($1.quotedName) = ?\($0 + 1)" }.joined(separator: " AND ")
        statement = try OwnStatement(
            handle,
            "SELECT \(columns.map(\.name.quotedName).joined(separator: ", ")) FROM main.\(table.quotedName) "
                + "NOT INDEXED WHERE \(condition)")
    }

    /// Turns to a row. Its values stay valid until ``reset()``.
    ///
    /// - Parameter keys: the values of the primary key of a WITHOUT ROWID table.
    func read(rowid: Int64, keys: [ctandem_value]) throws(SQLiteError) {
        reset()
        if hasRowid {
            statement.bind(rowid, at: 1)
        } else {
            for (place, key) in keys.enumerated() { statement.bind(key, at: Int32(place + 1)) }
        }
        guard try statement.step() else {
            throw SQLiteError(.captureFailed, "A row of `\(table)` that changes is not there.", table: table)
        }
    }

    func value(_ place: Int) -> ctandem_value { statement.value(Int32(place)) }

    func reset() { statement.reset() }
}

extension OwnStatement {
    /// Binds a value whose bytes stay valid until the statement is reset.
    func bind(_ value: ctandem_value, at index: Int32) {
        switch value.type {
        case SQLITE_INTEGER: sqlite3_bind_int64(pointer, index, value.integer)
        case SQLITE_FLOAT: sqlite3_bind_double(pointer, index, value.real)
        case SQLITE_TEXT:
            let address = (value.bytes ?? emptyBytes).assumingMemoryBound(to: CChar.self)
            sqlite3_bind_text64(pointer, index, address, UInt64(value.count), nil, UInt8(SQLITE_UTF8))
        case SQLITE_BLOB: sqlite3_bind_blob64(pointer, index, value.bytes ?? emptyBytes, UInt64(value.count), nil)
        default: sqlite3_bind_null(pointer, index)
        }
    }
}
