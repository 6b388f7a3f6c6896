import CTandemSQLite
import TandemLog

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Follows the statements that run on the writer's connection, whoever runs them, by SQLite's trace hook: to log
/// changes of the schema, to refuse what cannot be replicated, and to have full-text tables write what they hold back.
final class StatementWatch {
    unowned var capture: ChangeCapture!
    let handle: OpaquePointer
    let schemaVersion: OwnStatement
    /// What the call at hand is limited by.
    private let limits: StatementStop.Limits
    /// Statements seen: proof that the hook is still installed.
    private(set) var count: UInt64 = 0
    /// Tandem's own statements run: they need no looking at.
    var isOwn = false
    /// The last top-level statement, as long as it runs.
    var current: OpaquePointer?
    var currentIsWrite = false
    /// The change of the schema that runs.
    var change: SchemaChange?
    /// Whether the group has changed the schema.
    var hasChangedSchema = false
    /// The schema's version as the records make it; nil if it was not looked at since the group began.
    var loggedVersion: Int64?
    /// What ``loggedVersion`` was when the savepoints began, by their level.
    var versionsAtSavepoints: [Int64] = []
    let virtualTables = VirtualTableFlush()
    /// PRAGMAs of the open transaction that last longer than they may.
    private(set) var leftovers: Set<Leftover> = []

    /// Makes groups of others' transactions, while migrations run.
    var driver: TransactionDriver? {
        didSet {
            driven = nil
            hasAdopted = false
        }
    }
    /// The BEGIN, COMMIT or ROLLBACK of such a transaction, as long as it runs.
    var driven: OpaquePointer?
    /// Whether the open transaction is a driven one that has begun.
    var hasAdopted = false
    /// The statement that was stopped because nothing may be written now.
    var stopped: OpaquePointer?

    enum Leftover { case deferredForeignKeys, queryOnly, settings }

    init(_ handle: OpaquePointer, _ limits: StatementStop.Limits) throws(SQLiteError) {
        self.handle = handle
        self.limits = limits
        schemaVersion = try OwnStatement(handle, "PRAGMA main.schema_version")
    }

    func install() {
        let mask = UInt32(SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE)
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_trace_v2(
            handle, mask,
            { event, context, statement, text in
                guard let context, let statement else { return 0 }
                let watch = Unmanaged<StatementWatch>.fromOpaque(context).takeUnretainedValue()
                if event == SQLITE_TRACE_STMT {
                    watch.began(OpaquePointer(statement), text)
                } else {
                    watch.ended(OpaquePointer(statement))
                }
                return 0
            }, context)
    }

    func remove() { sqlite3_trace_v2(handle, 0, nil, nil) }

    func transactionBegins() {
        current = nil
        change = nil
        leftovers.removeAll()
        virtualTables.transactionBegins()
        noteSchemaVersion()
    }

    func groupBegins() {
        hasChangedSchema = false
        loggedVersion = nil
    }

    /// Runs Tandem's own statements unwatched.
    func withOwnStatements<Result>(_ body: () throws(SQLiteError) -> Result) throws(SQLiteError) -> Result {
        let before = isOwn
        isOwn = true
        defer { isOwn = before }
        return try body()
    }

    /// Whether rows of this table are about to vanish with it.
    func drops(_ table: String) -> Bool {
        guard let change, case .dropTable(let name) = change.kind else { return false }
        return name.name.lowercased() == table.lowercased()
    }
}

extension StatementWatch {
    private func began(_ statement: OpaquePointer, _ text: UnsafeMutableRawPointer?) {
        count &+= 1
        guard !isOwn else { return }
        if let driver, drive(driver, statement) { return }
        if capture.mode == .idle, sqlite3_stmt_readonly(statement) == 0 { return stop(statement) }
        guard let sql = sqlite3_sql(statement) else { return }
        // Inside of another statement, SQLite writes the text behind `-- `; so are triggers told of.
        let isNested = text != UnsafeMutableRawPointer(mutating: UnsafeRawPointer(sql))
        if !isNested {
            settleChange(before: statement)
            if mustEnd(statement), !takesBack(sql) { return sqlite3_interrupt(handle) }
        }
        guard capture.mode == .capturing else { return }
        if isNested {
            capture.sequences.insertRuns()
            if statement == current { return }
        } else if change == nil {
            current = statement
        }
        // The actions of foreign keys under DROP TABLE tell of the same statement again.
        guard change == nil else { return }
        look(at: statement, sql, isNested: isNested)
    }

    /// Whether a statement is not to run any more. SQLite itself asks after thousands of a statement's instructions only: many
    /// small ones would never be stopped. One that writes would take its whole group with it: only the node's end is worth
    /// that.
    private func mustEnd(_ statement: OpaquePointer) -> Bool {
        switch limits.limit?.reason {
        case nil: false
        case .outerCancelled: true
        case .cancelled, .deadlinePassed: sqlite3_stmt_readonly(statement) != 0
        }
    }

    /// Whether a statement is a rollback, which whoever was stopped may want, GRDB for its savepoint say.
    private func takesBack(_ sql: UnsafePointer<CChar>) -> Bool {
        let text = UnsafeRawBufferPointer(start: sql, count: strlen(sql)).assumingMemoryBound(to: UInt8.self)
        return switch StatementKind(text) {
        case .rollback, .rollbackTo, .release: true
        default: false
        }
    }

    private func look(at statement: OpaquePointer, _ sql: UnsafePointer<CChar>, isNested: Bool) {
        if !isNested { currentIsWrite = true }
        switch UInt8(bitPattern: sql[0]) | 0x20 {
        case UInt8(ascii: "i"):
            capture.sequences.insertRuns()
            return
        case UInt8(ascii: "u"): return
        default: break
        }
        let text = UnsafeRawBufferPointer(start: sql, count: strlen(sql)).assumingMemoryBound(to: UInt8.self)
        let kind = StatementKind(text)
        switch kind {
        case .insert: capture.sequences.insertRuns()
        case .update, .delete: break
        case .select, .explain, .empty: if !isNested { currentIsWrite = false }
        case .pragma(let pragma): pragmaRuns(pragma, kind, statement, isNested)
        case .reindex, .analyze: begin(kind, statement)
        default:
            if !isNested, let refusal = StatementPolicy.refusalOnWriter(kind, text, from: 0) { capture.fail(refusal) }
            if kind.changesSchema { begin(kind, statement) }
        }
    }

    private func pragmaRuns(
        _ pragma: PragmaStatement, _ kind: StatementKind, _ statement: OpaquePointer, _ isNested: Bool
    ) {
        if !isNested { currentIsWrite = false }
        if StatementPolicy.isLogged(pragma) { return begin(kind, statement) }
        guard !isNested else { return }
        switch pragma.name {
        case "defer_foreign_keys": if pragma.argument != nil { leftovers.insert(.deferredForeignKeys) }
        case "query_only": if pragma.argument != nil { leftovers.insert(.queryOnly) }  // GRDB's Database.readOnly.
        default:
            guard let refusal = StatementPolicy.refusalOnWriter(kind) else { return }
            leftovers.insert(.settings)
            capture.fail(refusal)
        }
    }

    private func ended(_ statement: OpaquePointer) {
        if statement == stopped { letWrite() }
        guard !isOwn else { return }
        if statement == driven { return drivenEnded() }
        if let change, change.statement == statement {
            if mayGoOn(change) {
                self.change?.text = sqlite3_sql(statement).map { String(cString: $0) }
            } else {
                changeEnded(change)
            }
        } else if statement == current {
            // It may be prepared anew, and go on without beginning again.
            if sqlite3_expired(statement) == 0 { current = nil }
            guard change == nil, currentIsWrite, capture.mode == .capturing else { return }
            flushVirtualTables()
        }
    }
}
