import CTandemSQLite

/// The SQL functions that answer for a session instead of for the connection, and Tandem's own.
///
/// `last_insert_rowid()` is SQLite's own: it can be told what to answer.
final class SessionFunctions {
    private let handle: OpaquePointer
    private var session = SessionValues()
    /// SQLite's own count when the session began.
    private var baseTotal: Int64 = 0
    /// Whether SQLite's own `changes()` is the session's: since a statement of the session changed rows, and without
    /// any session.
    private var isLive = true
    /// What `tandem_now` answers throughout the statement at hand; nil before it has been asked.
    private var moment: WallClock?
    private var isInSession = false
    /// What the session tells of itself and of its node, by name; nil while no session uses the connection.
    var facts: ((String) throws(SQLiteError) -> String?)?
    /// Waits for so many seconds; false if what runs on the connection is to end before.
    private let sleep: (Double) -> Bool

    init(_ handle: OpaquePointer, sleep: @escaping (Double) -> Bool) {
        self.handle = handle
        self.sleep = sleep
    }

    func begin(_ values: SessionValues) {
        session = values
        baseTotal = sqlite3_total_changes64(handle)
        isLive = false
        moment = nil
        isInSession = true
        sqlite3_set_last_insert_rowid(handle, values.lastInsertRowid)
    }

    func end() -> SessionValues {
        let values = current
        session = SessionValues()
        baseTotal = 0
        isLive = true
        isInSession = false
        return values
    }

    /// A statement that counts its changes is about to run.
    func statementBegins() { isLive = true }

    var current: SessionValues {
        SessionValues(lastInsertRowid: sqlite3_last_insert_rowid(handle), changes: changes, totalChanges: totalChanges)
    }

    private var changes: Int64 { isLive ? sqlite3_changes64(handle) : session.changes }
    private var totalChanges: Int64 { session.totalChanges + sqlite3_total_changes64(handle) - baseTotal }

    /// Registers the functions. They live no longer than this object.
    func install() throws(SQLiteError) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        let text = SQLITE_UTF8
        try add("changes", 0, text, context) { call, _, _ in
            sqlite3_result_int64(call, SessionFunctions.of(call).changes)
        }
        try add("total_changes", 0, text, context) { call, _, _ in
            sqlite3_result_int64(call, SessionFunctions.of(call).totalChanges)
        }
        try add("tandem_now", 1, text, context) { call, _, arguments in
            SessionFunctions.answer(call, SessionFunctions.of(call).statementMoment, digits: arguments?[0])
        }
        try add("tandem_clock", 1, text, context) { call, _, arguments in
            SessionFunctions.answer(call, WallClock.now, digits: arguments?[0])
        }
        try add("tandem_sleep", 1, text | SQLITE_DIRECTONLY, context) { call, _, arguments in
            guard sqlite3_value_type(arguments?[0]) != SQLITE_NULL else { return sqlite3_result_null(call) }
            guard SessionFunctions.of(call).sleep(sqlite3_value_double(arguments?[0])) else {
                return sqlite3_result_error_code(call, SQLITE_INTERRUPT)
            }
            sqlite3_result_text(call, "", 0, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
        }
        // Not for the schema: an index or a generated column must not depend on who asks.
        try add("tandem_session", 1, text | SQLITE_DIRECTONLY, context) { call, _, arguments in
            guard let name = sqlite3_value_text(arguments?[0]) else { return sqlite3_result_null(call) }
            do throws(SQLiteError) {
                guard let value = try SessionFunctions.of(call).facts?(String(cString: name)) else {
                    return sqlite3_result_null(call)
                }
                sqlite3_result_text(call, value, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
            } catch {
                sqlite3_result_error(call, error.message, -1)
                if error.code == .forbidden { sqlite3_result_error_code(call, SQLITE_AUTH) }
            }
        }
    }

    /// The same for the whole statement, as in PostgreSQL.
    private var statementMoment: WallClock {
        guard isInSession else { return .now }
        let moment = moment ?? .now
        self.moment = moment
        return moment
    }

    private static func answer(_ call: OpaquePointer?, _ moment: WallClock, digits: OpaquePointer?) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: WallClock.longestText) { text in
            let length = moment.write(digits: Int(sqlite3_value_int(digits)), to: text)
            text.withMemoryRebound(to: CChar.self) { text in
                sqlite3_result_text(
                    call, text.baseAddress, Int32(length), unsafeBitCast(-1, to: sqlite3_destructor_type.self))
            }
        }
    }

    private func add(
        _ name: String, _ arguments: Int32, _ flags: Int32, _ context: UnsafeMutableRawPointer,
        _ function:
            @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void
    ) throws(SQLiteError) {
        let code = sqlite3_create_function_v2(handle, name, arguments, flags, context, function, nil, nil, nil)
        guard code == SQLITE_OK else { throw SQLiteError(handle, resultCode: code) }
    }

    private static func of(_ call: OpaquePointer?) -> SessionFunctions {
        Unmanaged<SessionFunctions>.fromOpaque(sqlite3_user_data(call)).takeUnretainedValue()
    }
}
