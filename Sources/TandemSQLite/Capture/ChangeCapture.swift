import CTandemSQLite
import TandemLog

/// Writes what a transaction changes into a ``RecordBuffer``, while it happens.
///
/// SQLite tells of rows by its preupdate hook, of savepoints by a virtual table that takes part in the transaction
/// (`savepointwatch.c`) and of statements by its trace hook. What SQLite takes back — by ROLLBACK TO, or by itself
/// when a statement fails in its middle — is truncated from the buffer in the same moment.
///
/// None of the callbacks can throw: the first thing that goes wrong is kept in ``failure``, and the transaction that
/// it belongs to must be rolled back.
final class ChangeCapture {
    enum Mode {
        /// No transaction of a group is open: statements that write are stopped. Should a row change nevertheless,
        /// the change is lost to the log.
        case idle
        /// A transaction is open and its changes are written down.
        case capturing
        /// A statement runs whose text is logged: it makes the same rows on the other nodes.
        case suppressed
        /// Tandem changes its own state.
        case ownState
    }

    let handle: OpaquePointer
    let catalog: TableCatalog
    var mode = Mode.idle
    var buffer = RecordBuffer(capacity: 256)
    /// Why the open transaction cannot be committed; nil if it can.
    var failure: SQLiteError?
    /// A row changed while nothing was captured: what SQLite holds is not what the records say.
    var hasLostChanges = false
    /// Whether the owner of the group asked for the COMMIT that is about to happen.
    var allowsCommit = false
    /// Whether the transaction's own savepoint is about to be released or rolled back by its owner.
    var allowsOuterSavepoint = false
    /// Whether the rows that change are users, changed by ``WriterConnection/write(_:)-(StoredUser)``.
    var allowsUserTable = false
    /// Changes of Tandem's own state that the hook saw: proof that it is still installed.
    var ownChanges = 0

    let statements: StatementWatch
    let sequences: SequenceTracker
    /// The sums of the tables' rows; nil if they are not kept.
    let contents: ContentTracker?

    /// Places to come back to, by the savepoints' levels.
    private var marks: [Mark] = []

    private struct Mark {
        var records: RecordBuffer.Mark
        var contents: ContentJournal.Mark
    }
    /// How long the buffer was when the open record had no changes yet.
    private(set) var recordBeginning = 0
    /// Whether something was taken back in the open transaction.
    var hasTruncated = false

    init(
        _ handle: OpaquePointer, hookColumns: HookColumns, limits: StatementStop.Limits, contents: ContentTracker? = nil
    ) throws(SQLiteError) {
        self.handle = handle
        self.contents = contents
        catalog = try TableCatalog(handle, hookColumns: hookColumns, contents: contents)
        sequences = try SequenceTracker(handle)
        statements = try StatementWatch(handle, limits)
        statements.capture = self
    }

    /// Installs the hooks. They must be removed before this object goes.
    func install() throws(SQLiteError) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        ctandem_set_change_hook(
            handle,
            { context, operation, schema, table, oldRowid, newRowid in
                guard let context, let schema, let table else { return }
                Unmanaged<ChangeCapture>.fromOpaque(context).takeUnretainedValue()
                    .rowChanges(operation, schema, table, oldRowid, newRowid)
            }, context)
        statements.install()
    }

    func removeHooks() {
        ctandem_set_change_hook(handle, nil, nil)
        statements.remove()
    }

    /// Adds the virtual table that is told of savepoints; once a connection.
    func addSavepointWatch() throws(SQLiteError) {
        let code = ctandem_add_savepoint_watch(
            handle, Self.watchName,
            { context, event, level in
                guard let context else { return 0 }
                return Unmanaged<ChangeCapture>.fromOpaque(context).takeUnretainedValue()
                    .savepointChanged(event, Int(level))
            }, Unmanaged.passUnretained(self).toOpaque())
        guard code == SQLITE_OK else { throw SQLiteError(handle, resultCode: code) }
    }

    static let watchName = "_tandem_savepoints"

    /// Keeps the first failure.
    func fail(_ error: @autoclosure () -> SQLiteError) {
        if failure == nil { failure = error() }
    }
}

extension ChangeCapture {
    /// A group begins: nothing is captured yet.
    func groupBegins(_ buffer: RecordBuffer) {
        self.buffer = buffer
        failure = nil
        hasLostChanges = false
        ownChanges = 0
        marks.removeAll(keepingCapacity: true)
        catalog.keepDefinitions()
    }

    /// A transaction begins behind its savepoint.
    func transactionBegins() {
        failure = nil
        hasTruncated = false
        mode = .capturing
        statements.transactionBegins()
        sequences.transactionBegins()
        contents?.transactionBegins()
        buffer.beginRecord(kind: .transaction)
        recordBeginning = buffer.byteCount
    }

    private func savepointChanged(_ event: Int32, _ level: Int) -> Int32 {
        switch event {
        case Int32(CTANDEM_SAVEPOINT_BEGUN): savepointBegun(level)
        case Int32(CTANDEM_SAVEPOINT_ROLLED_BACK): savepointRolledBack(level)
        case Int32(CTANDEM_SAVEPOINT_RELEASED): refuseOuter(level)
        case Int32(CTANDEM_TRANSACTION_ROLLED_BACK):
            // Whoever goes on now would commit each statement by itself: nothing is let through any more.
            mode = .idle
        case Int32(CTANDEM_TRANSACTION_COMMITS): return allowsCommit ? 0 : 1
        default: break
        }
        return 0
    }

    private func savepointBegun(_ level: Int) {
        let mark = Mark(records: buffer.mark, contents: contents?.mark() ?? 0)
        if level < marks.count {
            marks[level] = mark
        } else {
            while marks.count <= level { marks.append(mark) }
        }
        statements.savepointBegun(level)
    }

    private func savepointRolledBack(_ level: Int) {
        guard level < marks.count else { return }
        refuseOuter(level)
        if statements.wasTainted(level) {
            fail(
                SQLiteError(
                    .captureFailed,
                    "A savepoint was rolled back that a full-text table had written before; its changes cannot be told."
                ))
        }
        let length = buffer.byteCount
        buffer.truncate(to: marks[level].records)
        contents?.rollBack(to: marks[level].contents)
        catalog.truncate(to: buffer.byteCount)
        if buffer.byteCount != length { hasTruncated = true }
        statements.savepointRolledBack(level)
    }

    /// The outermost savepoint is the transaction's own.
    private func refuseOuter(_ level: Int) {
        guard level == 0, mode != .idle, !allowsOuterSavepoint else { return }
        fail(
            SQLiteError(
                .refused,
                "The savepoint of the transaction itself was released or rolled back by one of its statements."
            ))
    }
}
