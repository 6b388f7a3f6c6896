import CTandemSQLite
import GRDB

/// One SQLite connection with its GRDB queue and what this room keeps beside it. Used by one thread at a time.
///
/// SQLite's own functions are called on whatever thread uses the connection; GRDB's `Database` only inside of
/// ``withDatabase(_:)``, which runs on the calling thread too. COMMIT, and whatever else runs GRDB's commit hook,
/// belongs inside as well.
final class Connection {
    let queue: DatabaseQueue
    let handle: OpaquePointer
    let interrupter: Interrupter
    let functions: SessionFunctions
    /// Keeps the table of users from statements of clients, on a reader.
    let userTable = UserTableGuard()
    private var cache: StatementCache
    /// Why a statement may not run on this connection.
    private let refusal: Refusal
    /// What stops the statements of the call at hand, if it has a limit.
    var limit: StatementLimit? {
        get { limits.limit }
        set { limits.limit = newValue }
    }
    let limits: StatementStop.Limits
    /// What a failed statement means beyond its error.
    var failed: ((SQLiteError) -> SQLiteError)?

    /// Says why the statement of this kind, at this offset of a text, may not run; nil if it may.
    typealias Refusal = @Sendable (StatementKind, UnsafeBufferPointer<UInt8>, Int) -> SQLiteError?

    /// Carries the handle out of GRDB's closure.
    private final class HandleBox: @unchecked Sendable {  // Written before the queue's initialiser returns.
        var handle: OpaquePointer?
    }

    init(
        path: String, readOnly: Bool, options: ConnectionOptions,
        refusal: @escaping Refusal
    ) throws {
        SQLiteLibrary.configure()
        let box = HandleBox()
        let limits = StatementStop.Limits()
        self.limits = limits
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.allowsUnsafeTransactions = true
        configuration.busyMode = .timeout(options.busyTimeout / .seconds(1))
        configuration.foreignKeysEnabled = !readOnly
        configuration.label = readOnly ? "tandem.reader" : "tandem.writer"
        configuration.prepareDatabase { database in
            box.handle = database.sqliteConnection
            if let handle = box.handle { try options.prepare?(database, StatementStop(handle, limits)) }
        }
        queue = try DatabaseQueue(path: path, configuration: configuration)
        guard let handle = box.handle else { throw SQLiteError(.closed, "The database could not be opened.") }
        self.handle = handle
        self.refusal = refusal
        interrupter = Interrupter(handle)
        let interrupter = self.interrupter
        functions = SessionFunctions(handle) { seconds in
            interrupter.sleep(seconds) { limits.limit?.reason != nil }
        }
        cache = StatementCache(capacity: options.statementCacheCapacity)
        try functions.install()
        sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
    }

    /// One that only reads, and leaves the write-ahead log alone.
    static func reader(path: String, options: ConnectionOptions) throws -> Connection {
        let connection = try Connection(path: path, readOnly: true, options: options) { kind, text, offset in
            StatementPolicy.refusalOnReader(kind) ?? StatementPolicy.refusalOfUserTable(kind, text, from: offset)
        }
        _ = ctandem_configure(connection.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        _ = ctandem_configure(connection.handle, SQLITE_DBCONFIG_DEFENSIVE, 1)
        sqlite3_wal_autocheckpoint(connection.handle, 0)
        connection.userTable.install(on: connection.handle)
        try connection.execute("PRAGMA query_only = ON; PRAGMA cache_size = -\(max(64, options.readerCacheSize))")
        return connection
    }

    /// Runs `body` on the calling thread with GRDB's view of the connection.
    func withDatabase<Result>(_ body: (Database) throws -> Result) rethrows -> Result {
        try queue.inDatabase(body)
    }

    /// Runs SQL of Tandem's own.
    func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw SQLiteError(handle, resultCode: code) }
    }

    /// The first value of the first row, as text; empty if there is none.
    func ask(_ sql: String) throws(SQLiteError) -> String {
        let statement = try OwnStatement(handle, sql)
        return try statement.step() ? statement.text(0) : ""
    }

    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Closes the connection. If somebody still holds a statement, SQLite closes it with the last of them.
    func close() throws {
        interrupter.connectionCloses()
        cache.removeAll()
        do {
            try queue.close()
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            return
        }
    }
}

extension Connection {
    /// Prepares the statement that begins at `offset`.
    ///
    /// - Returns: the statement, nil if there is only white space and comments; and where the next one begins.
    func prepare(
        _ text: UnsafeBufferPointer<UInt8>, from offset: Int
    ) throws(SQLiteError) -> (statement: PreparedStatement?, next: Int) {
        let kind = StatementKind(text, from: offset)
        if let refusal = refusal(kind, text, offset) { throw refusal }
        guard offset < text.count, Int32(exactly: text.count - offset) != nil else { return (nil, text.count) }
        let many = kind.isLoggedAsText ? nil : ManyParameters(text, from: offset)
        var pointer: OpaquePointer?
        let began = ProcessorTime.ofThread
        let result: (code: Int32, length: Int)
        if let many {
            result = many.text.withUnsafeBufferPointer { prepare($0, &pointer) }
        } else {
            result = prepare(UnsafeBufferPointer(rebasing: text[offset...]), &pointer)
        }
        let preparation = ProcessorTime.ofThread &- began
        guard result.code == SQLITE_OK else {
            var error = SQLiteError(handle, resultCode: result.code)
            error.offset = error.offset.map { $0 + offset }
            throw error
        }
        let next = offset + result.length
        guard let pointer else { return (nil, next) }
        let sql = String(decoding: text[offset..<next], as: UTF8.self)
        let statement = PreparedStatement(
            pointer: pointer, owner: self, kind: kind, sql: sql, indexOfNumber: many?.indexOfNumber)
        statement.preparation = preparation
        return (statement, next)
    }

    /// SQLite's result, and how long the first statement of a text is.
    private func prepare(
        _ text: UnsafeBufferPointer<UInt8>, _ pointer: inout OpaquePointer?
    ) -> (code: Int32, length: Int) {
        guard let base = text.baseAddress else { return (SQLITE_OK, 0) }
        let start = UnsafeRawPointer(base).assumingMemoryBound(to: CChar.self)
        var tail: UnsafePointer<CChar>?
        let code = sqlite3_prepare_v3(handle, start, Int32(clamping: text.count), 0, &pointer, &tail)
        return (code, tail.map { $0 - start } ?? text.count)
    }

    /// A statement with exactly this text, prepared earlier or now. It is in use until ``giveBack(_:)``.
    func cachedStatement(_ sql: String) throws(SQLiteError) -> PreparedStatement? {
        if let statement = cache.take(sql) { return statement }
        var sql = sql
        let prepared: Result<(statement: PreparedStatement?, next: Int), SQLiteError> = sql.withUTF8 { text in
            do throws(SQLiteError) {
                let prepared = try prepare(text, from: 0)
                guard StatementKind(text, from: prepared.next) == .empty else {
                    throw SQLiteError(.engine, "Only one statement is possible here.", offset: prepared.next)
                }
                return .success(prepared)
            } catch {
                return .failure(error)
            }
        }
        let statement = try prepared.get().statement
        statement?.isInUse = true
        // SQLite prepares a kept statement anew in the middle of its first step when the schema has changed, and tells
        // nobody that it begins once more: what is logged as text must not be kept.
        if let statement, statement.sql == sql, !statement.kind.isLoggedAsText { cache.add(statement) }
        return statement
    }

    func giveBack(_ statement: PreparedStatement) {
        statement.reset()
        statement.clearBindings()
        statement.isInUse = false
        if statement.kind.isLoggedAsText || statement.kind.mayChangeSchemaBack { cache.removeAll() }
    }

    func forgetStatements() { cache.removeAll() }

    /// A statement takes its first step.
    func statementBegins(_ statement: PreparedStatement) {
        interrupter.reset()
        switch statement.kind {
        case .insert, .update, .delete: functions.statementBegins()
        default: break
        }
    }

    func statementFailed(_ statement: PreparedStatement, _ error: SQLiteError) -> SQLiteError {
        var error = error
        if error.primaryResultCode == SQLITE_INTERRUPT, interrupter.wasCancelled || limit != nil {
            error.code = .cancelled
        }
        return failed?(error) ?? error
    }
}
