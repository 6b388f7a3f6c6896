import CTandemSQLite
import TandemLog

/// A statement that changes the schema, or something else that is logged as text, from its start to its end.
struct SchemaChange {
    var kind: StatementKind
    var statement: OpaquePointer
    /// The schema's version before: a statement that failed, or had nothing to do, leaves it.
    var versionBefore: Int64
    /// Where the statement has ended without an effect, as one does that SQLite prepares anew inside of the same step: its
    /// text, since it may be finalized before it is known what became of it.
    var text: String?
    var mayGoOn: Bool { text != nil }

    /// Writes what other nodes have to execute.
    func write(into capture: ChangeCapture) throws(SQLiteError) {
        if case .createTableAsSelect(let name) = kind {
            try writeTable(name.name, into: capture)
        } else if let text = text ?? sqlite3_sql(statement).map({ String(cString: $0) }) {
            capture.buffer.writeSchema(text)
        }
    }

    /// CREATE TABLE … AS SELECT may give other rows elsewhere, and the hook does not see them: the table that came of
    /// it is logged, and its rows.
    private func writeTable(_ name: String, into capture: ChangeCapture) throws(SQLiteError) {
        let schema = try OwnStatement(
            capture.handle, "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND lower(name) = lower(?1)")
        schema.bind(name, at: 1)
        guard try schema.step() else {
            throw SQLiteError(.captureFailed, "Table `\(name)` was created, but the schema does not have it.")
        }
        capture.buffer.writeSchema(schema.text(1))
        let table = schema.text(0)
        capture.catalog.forgetShapes()
        try writeRows(of: capture.catalog.table(table), into: capture)
    }

    /// Such a table has no generated columns and no primary key.
    private func writeRows(of table: TableInfo, into capture: ChangeCapture) throws(SQLiteError) {
        if let refusal = table.refusal { throw refusal }
        let names = table.definition.columns.map(\.name)
        let taken = Set(names.map { $0.lowercased() })
        guard let rowid = TableShape.rowidNames.first(where: { !taken.contains($0) }) else { return }
        let columns = names.map(\.quotedName).joined(separator: ", ")
        let rows = try OwnStatement(
            capture.handle, "SELECT \(rowid), \(columns) FROM main.\(table.name.quotedName) ORDER BY \(rowid)")
        var isFirst = true
        while try rows.step() {
            if isFirst {
                let place = capture.buffer.byteCount
                capture.buffer.writeTableDefinition(table.definition)
                capture.catalog.definitionWritten(table, at: place)
                isFirst = false
            }
            capture.buffer.writeInsert(table: table.number, rowid: rows.int64(0))
            for column in names.indices { capture.buffer.write(rows.value(Int32(column + 1))) }
        }
    }
}
