import CTandemSQLite

/// SQL functions of readers by which nodes are compared from their rows (`tandem verify`). They see the state that the
/// statement sees which calls them.
///
/// | function | answer |
/// | --- | --- |
/// | `tandem_applied()` | the applied index of this state; what follows is read from the file, not from memory |
/// | `tandem_content(table, after, through)` | number, checksum and bytes of the rows in a range of keys: `5 8000000000000001 321` |
/// | `tandem_content_bound(table, after, count)` | the key so many rows above `after`; NULL if there are not so many |
///
/// A table whose columns have taken all names of the rowid has no key: it has no bounds, and is added up whole, without its
/// rowids.
enum ContentFunctions {
    /// Registers the functions.
    static func install(on handle: OpaquePointer) throws(SQLiteError) {
        try add("tandem_applied", 0, handle) { call, _, _ in
            ContentFunctions.answer(call) { handle in
                // Whoever compares wants to know what the disk has: pages that were read before are forgotten.
                sqlite3_db_release_memory(handle)
                return String(try AppliedState(reading: handle).position.index.rawValue)
            }
        }
        try add("tandem_content", 3, handle) { call, _, arguments in
            ContentFunctions.answer(call) { handle in
                let shape = try ContentFunctions.shape(arguments, handle)
                let range = try ContentRange(
                    shape, after: ContentFunctions.text(arguments, 1), through: ContentFunctions.text(arguments, 2))
                let scan = try ContentScan(handle, shape, range)
                try scan.finish()
                return "\(scan.sum.rows) \(scan.sum.digits) \(scan.bytes)"
            }
        }
        try add("tandem_content_bound", 3, handle) { call, _, arguments in
            ContentFunctions.answer(call) { handle in
                let shape = try ContentFunctions.shape(arguments, handle)
                let count = max(1, sqlite3_value_int64(arguments?[2]))
                return try ContentRange.bound(handle, shape, after: ContentFunctions.text(arguments, 1), count: count)
            }
        }
    }

    private static func add(
        _ name: String, _ count: Int32, _ handle: OpaquePointer,
        _ function: @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void
    ) throws(SQLiteError) {
        let flags = SQLITE_UTF8 | SQLITE_DIRECTONLY
        let code = sqlite3_create_function_v2(handle, name, count, flags, nil, function, nil, nil, nil)
        guard code == SQLITE_OK else { throw SQLiteError(handle, resultCode: code) }
    }

    private static func answer(_ call: OpaquePointer?, _ body: (OpaquePointer) throws -> String?) {
        guard let handle = sqlite3_context_db_handle(call) else { return sqlite3_result_null(call) }
        do {
            guard let value = try body(handle) else { return sqlite3_result_null(call) }
            sqlite3_result_text(call, value, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
        } catch {
            let failure = error as? SQLiteError
            sqlite3_result_error(call, failure?.message ?? String(describing: error), -1)
            // A code alone leaves the message as it is.
            sqlite3_result_error_code(call, failure?.resultCode ?? SQLITE_ERROR)
        }
    }

    private static func text(_ arguments: UnsafeMutablePointer<OpaquePointer?>?, _ place: Int) -> String? {
        guard let text = sqlite3_value_text(arguments?[place]) else { return nil }
        return String(cString: text)
    }

    private static func shape(
        _ arguments: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer
    ) throws(SQLiteError) -> TableShape {
        // Names and keys come from clients: names are quoted, keys are read and bound.
        let name = text(arguments, 0) ?? ""
        guard !StatementPolicy.isOwn(name), let shape = try TableShapeReader(handle).read(name) else {
            throw SQLiteError(.refused, "There is no table `\(name)` that can be compared.", table: name)
        }
        return shape
    }
}
