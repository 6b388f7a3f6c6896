import PostgresWire
import TandemSQLite

// currval and lastval: the keys of the session's own rows.
extension SessionEngine {
    /// What a statement begins with. That an upsert has inserted a row is seen by its key, which is none before it.
    func valuesBefore(_ statement: SessionStatement) -> SessionValues {
        statement.insertion?.isUpsert == true ? values.with(lastInsertRowid: 0) : values
    }

    /// A statement has run, and left `after`.
    func finished(_ statement: SessionStatement, with after: SessionValues) {
        let before = values.lastInsertRowid
        values = after
        guard let insertion = statement.insertion else { return }
        if insertion.isUpsert, after.lastInsertRowid == 0 {
            values = after.with(lastInsertRowid: before)
        } else if after.changes > 0 {
            keys.inserted(after.lastInsertRowid, into: insertion.table)
        }
    }

    /// DISCARD: whoever has the connection next is told no keys of others.
    func forgetKeys() {
        keys.removeAll()
        values = values.with(lastInsertRowid: 0)
    }

    /// What `currval` answers.
    ///
    /// - Parameter names: the table that is numbered, empty where there is no such sequence; U+001F; the sequence.
    func currentKey(_ names: Substring) throws(SQLiteError) -> String? {
        guard let separator = names.firstIndex(of: "\u{1F}") else { return nil }
        let table = names[..<separator].lowercased()
        let sequence = names[names.index(after: separator)...]
        guard !table.isEmpty else {
            throw refused(.undefinedTable, "relation \"\(sequence)\" does not exist")
        }
        guard let key = keys[table] else {
            throw refused(
                .objectNotInPrerequisiteState, "currval of sequence \"\(sequence)\" is not yet defined in this session",
                hint: "It is the number of the row that this session has inserted last into \"\(table)\".")
        }
        return String(key)
    }

    /// What `lastval` says before the session's first row.
    func noLastKey() -> SQLiteError {
        refused(.objectNotInPrerequisiteState, "lastval is not yet defined in this session")
    }

    /// An error that a function of the session raises, with a code of its own: SQLite carries no more than the text.
    private func refused(_ code: SQLState, _ message: String, hint: String? = nil) -> SQLiteError {
        refused(PostgresError(code: code, message: message, hint: hint))
    }

    /// The same for an error that is there already.
    func refused(_ error: PostgresError) -> SQLiteError {
        ownSignal = error
        return SQLiteError(.engine, error.message)
    }
}
