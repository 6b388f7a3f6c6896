/// Which statements may run where.
///
/// A connection is shared by many clients, and what it writes must reach the other nodes. So whatever changes the
/// connection for the next client, or the file past the log, is refused.
struct StatementPolicy {
    /// Names of the tables that Tandem keeps for itself begin with this.
    static let ownPrefix = "_tandem_"

    /// PRAGMAs that only tell something, with whatever argument.
    private static let telling: Set<String> = [
        "collation_list", "compile_options", "data_version", "database_list", "foreign_key_check", "foreign_key_list",
        "freelist_count", "function_list", "index_info", "index_list", "index_xinfo", "integrity_check",
        "module_list", "page_count", "pragma_list", "quick_check", "table_info", "table_list", "table_xinfo",
    ]

    /// PRAGMAs that tell something as long as they have no argument.
    private static let tellingWithoutArgument: Set<String> = [
        "analysis_limit", "application_id", "auto_vacuum", "automatic_index", "busy_timeout", "cache_size",
        "cache_spill", "cell_size_check", "checkpoint_fullfsync", "defer_foreign_keys", "encoding", "foreign_keys",
        "fullfsync", "hard_heap_limit", "ignore_check_constraints", "journal_mode", "journal_size_limit",
        "legacy_alter_table", "locking_mode", "max_page_count", "mmap_size", "page_size", "query_only",
        "read_uncommitted", "recursive_triggers", "reverse_unordered_selects", "schema_version", "secure_delete",
        "soft_heap_limit", "synchronous", "temp_store", "threads", "trusted_schema", "user_version",
        "wal_autocheckpoint", "writable_schema",
    ]

    /// Values in the file's header that are logged like a schema change.
    private static let logged: Set<String> = ["application_id", "user_version"]

    /// Nil if the statement at `offset` of `text` may run inside a transaction of the writer.
    static func refusalOnWriter(
        _ kind: StatementKind, _ text: UnsafeBufferPointer<UInt8>, from offset: Int
    ) -> SQLiteError? {
        if let refusal = refusalOnWriter(kind) { return refusal }
        return kind.changesSchema && namesOwn(text, from: offset)
            ? refused("Names that begin with \(ownPrefix) are Tandem's own.") : nil
    }

    /// Whether a name in the statement, wherever it stands, is one of Tandem's own.
    private static func namesOwn(_ text: UnsafeBufferPointer<UInt8>, from offset: Int) -> Bool {
        var cursor = SQLTokenCursor(text, from: offset)
        while cursor.current != nil {
            if let name = cursor.takeName() {
                if isOwn(name) { return true }
            } else {
                cursor.advance()
            }
        }
        return false
    }

    /// Nil if the statement may run inside a transaction of the writer, as far as its kind tells.
    static func refusalOnWriter(_ kind: StatementKind) -> SQLiteError? {
        switch kind {
        case .empty, .select, .insert, .update, .delete, .reindex, .analyze, .explain, .other: nil
        case .createTable(let name), .createTableAsSelect(let name), .createIndex(let name), .createView(let name),
            .createTrigger(let name), .dropTable(let name), .drop(let name), .alterTable(let name):
            refusal(of: name)
        case .createVirtualTable(let name, let module): refusal(of: name) ?? refusal(ofModule: module)
        case .createTemporary:
            refused("Temporary tables, views and triggers belong to a connection, which clients share.")
        case .pragma(let pragma): refusalOnWriter(pragma)
        case .begin, .commit, .rollback:
            refused("BEGIN, COMMIT and ROLLBACK are not possible inside of a transaction.")
        case .savepoint(let name), .release(let name), .rollbackTo(let name):
            isOwn(name) ? refused("Names that begin with \(ownPrefix) are Tandem's own.") : nil
        case .attach, .detach: refused("ATTACH and DETACH: other databases are not replicated.")
        case .explainPragma: explainedPragma
        case .vacuum:
            refused("VACUUM rewrites the file past the log. What deletes have set free is used again without it.")
        }
    }

    /// Nil if the statement may run on a reader.
    static func refusalOnReader(_ kind: StatementKind) -> SQLiteError? {
        switch kind {
        case .pragma(let pragma):
            isTelling(pragma) ? nil : refused("PRAGMA \(pragma.name) may not be changed: clients share a connection.")
        case .attach, .detach: refused("ATTACH and DETACH belong to a connection, which clients share.")
        case .createTemporary: refused("Temporary objects belong to a connection, which clients share.")
        case .explainPragma: explainedPragma
        case .vacuum: refused("VACUUM is not possible on a reader.")
        case .empty, .select, .insert, .update, .delete, .createTable, .createTableAsSelect, .createVirtualTable,
            .createIndex, .createView, .createTrigger, .dropTable, .drop, .alterTable, .reindex, .analyze, .begin,
            .commit, .rollback, .savepoint, .release, .rollbackTo, .explain, .other:
            nil  // SQLite refuses writes by itself; transactions are the session's.
        }
    }

    /// Whether the PRAGMA's text is logged, because it changes a value in the file.
    static func isLogged(_ pragma: PragmaStatement) -> Bool {
        pragma.argument != nil && logged.contains(pragma.name)
    }

    static func isOwn(_ name: String) -> Bool {
        name.utf8.count >= ownPrefix.utf8.count && name.prefix(ownPrefix.count).lowercased() == ownPrefix
    }

    private static func isTelling(_ pragma: PragmaStatement) -> Bool {
        telling.contains(pragma.name) || (pragma.argument == nil && tellingWithoutArgument.contains(pragma.name))
    }

    private static func refusalOnWriter(_ pragma: PragmaStatement) -> SQLiteError? {
        if isTelling(pragma) || isLogged(pragma) { return nil }
        // Ends with the transaction: the writer sees to that.
        if pragma.name == "defer_foreign_keys" { return nil }
        // Runs ANALYZE, which is logged.
        if pragma.name == "optimize" { return nil }
        return refused(
            "PRAGMA \(pragma.name) would change the connection for other clients, or the file past the log.")
    }

    private static func refusal(of name: SQLName) -> SQLiteError? {
        if let schema = name.schema?.lowercased(), schema != "main" {
            return refused("Only the database `main` is replicated, not `\(schema)`.")
        }
        return isOwn(name.name) ? refused("Names that begin with \(ownPrefix) are Tandem's own.") : nil
    }

    /// Virtual tables whose contents lie in tables of their own, which are replicated row by row.
    private static let modules: Set<String> = ["fts3", "fts4", "fts5", "geopoly", "rtree", "rtree_i32"]

    private static func refusal(ofModule module: String) -> SQLiteError? {
        modules.contains(module.lowercased())
            ? nil
            : refused(
                "Virtual tables of the module `\(module)` are not replicated; "
                    + "\(modules.sorted().joined(separator: ", ")) are.")
    }

    private static let explainedPragma = refused(
        "EXPLAIN of a PRAGMA with an argument is not possible: SQLite would carry it out for all clients.")

    private static func refused(_ message: String) -> SQLiteError { SQLiteError(.refused, message) }
}
