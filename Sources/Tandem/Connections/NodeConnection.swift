import GRDB
import NIOConcurrencyHelpers
import TandemLog
import TandemReplication
import TandemSQLite

/// A connection of the embedding program to its node: transactions that stay open from call to call, across awaits.
///
/// ```swift
/// let connection = node.connection()
/// try await connection.begin()
/// let price = try await connection.read { db in try Int.fetchOne(db, sql: "SELECT price FROM book WHERE id = 1") }
/// let discount = try await discounts.current()
/// try await connection.write { db in try db.execute(sql: "UPDATE book SET price = …") }
/// let position = try await connection.commit()
/// ```
/// Without ``begin(readOnly:isSnapshot:)`` each call is a transaction of its own.
///
/// A transaction has the node's one writer from its first ``write(deadline:fileID:line:_:)`` to its end; others wait for it, for
/// `lockTimeout` at most. It is rolled back when nothing is done in it for `idleInTransactionTimeout`. Before its first
/// write its reads run on readers. What each of them sees is said at ``begin(readOnly:isSnapshot:)``.
///
/// A connection is used by one task at a time, one call after the other. A call whose task is cancelled is stopped and
/// throws `CancellationError`; it has done nothing then. As after any error, the transaction takes nothing but its end,
/// or a rollback to a savepoint. A connection that is let go with a transaction open rolls that back.
public final class NodeConnection: Sendable {
    let node: NodeServices
    let state = NIOLockedValueBox(ConnectionState())
    let texts = NIOLockedValueBox(StatementTexts())

    init(node: NodeServices) { self.node = node }

    deinit { close() }

    // MARK: Calls with GRDB

    /// Reads with GRDB: in the transaction that is open, else one committed state. A write fails with `SQLITE_READONLY`.
    ///
    /// `body` runs on a thread of the node: it must not wait for anything else.
    ///
    /// - Parameters:
    ///   - deadline: when its statements are stopped; none by default.
    ///   - body: what is read.
    /// - Throws: what `body` throws; ``TandemError``: `timeout`, `transactionAborted`, `idleInTransaction`,
    ///   `unavailable`; `CancellationError`.
    public func read<Result: Sendable>(
        deadline: ContinuousClock.Instant? = nil, _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try await call(writes: false, deadline: deadline) { access in
            switch access {
            case .reader(let reader): try reader.read(body)
            case .writer(let writer): try writer.read(body)
            }
        }
    }

    /// Reads and writes with GRDB: in the transaction that is open, which has the writer from then on, else in one of
    /// its own, which shares its group with others.
    ///
    /// `body` runs on the database's own thread: it must not wait for anything else.
    ///
    /// - Parameters:
    ///   - deadline: until when it waits for the writer, and when its statements are stopped; none by default.
    ///   - fileID: the place in the program, with `line`, as for ``Node/write(fileID:line:_:)``; default: that of the call.
    ///   - line: the place's line.
    ///   - body: what is read and written.
    /// - Throws: what `body` throws; ``TandemError``: `readOnly`, `lockTimeout`, `timeout`, `rolledBack`,
    ///   `transactionAborted`, `idleInTransaction`, `unavailable`, and `inDoubt` without a transaction;
    ///   `CancellationError`.
    public func write<Result: Sendable>(
        deadline: ContinuousClock.Instant? = nil, fileID: String = #fileID, line: Int = #line,
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try await call(writes: true, deadline: deadline, at: CallSite(fileID: fileID, line: line)) { access in
            guard case .writer(let writer) = access else { throw ConnectionState.noTransaction }
            return try writer.withDatabase(body)
        }
    }

    /// Whether it can be used: not closed.
    public var isOpen: Bool { state.withLockedValue { !$0.isClosed } }

    /// Forgets what `last_insert_rowid()`, `changes()` and `total_changes()` answer: for the connection's next user.
    package func forgetSession() { state.withLockedValue { $0.values = SessionValues() } }

    /// Ends the connection. An open transaction is rolled back; the writer is free at once.
    public func close() {
        letGo(of: state.withLockedValue { $0.closed() })
    }
}

extension Node {
    /// A connection for transactions that stay open from call to call. It costs nothing until it is used.
    public func connection() -> NodeConnection { NodeConnection(node: parts.services) }
}

extension NodeConnection {
    /// Lets go of what a transaction that has ended kept.
    func release(_ block: ConnectionState.Block) {
        block.writer?.abandon()
        if let reader = block.reader { node.readers.checkIn(reader) }
    }

    /// Lets go of what a connection that is closed kept.
    private func letGo(of leftovers: ConnectionState.Leftovers?) {
        if let open = leftovers?.cursor, let reader = open.reader {
            open.close()
            if leftovers?.block?.reader !== reader { node.readers.checkIn(reader) }
        }
        if let block = leftovers?.block { release(block) }
    }

    /// Runs one call with the connection to itself.
    ///
    /// - Parameter isCursor: whether it fetches rows of the open cursor.
    func exclusively<Result>(isCursor: Bool = false, _ body: () async throws -> Result) async throws -> Result {
        try state.withLockedValue { try $0.callBegan(isCursor: isCursor) }
        do {
            let result = try await body()
            finishCall(nil)
            return result
        } catch {
            finishCall(error)
            throw error
        }
    }

    private func finishCall(_ failure: (any Error)?) {
        let (reader, leftovers) = state.withLockedValue { state in
            (state.callEnded(failure), state.isClosed ? state.closed() : nil)
        }
        if let reader { node.readers.checkIn(reader) }
        letGo(of: leftovers)
    }
}
