import TandemLog
import TandemSQLite

/// Where a ``NodeConnection`` stands: its transaction, and who is using it. Decides where calls have to run; runs nothing.
struct ConnectionState: Sendable {
    /// An open transaction.
    struct Block: Sendable {
        let isReadOnly: Bool
        /// Whether all of it sees one state. Without, each call sees what is committed at that moment.
        let isSnapshot: Bool
        /// The savepoints, the innermost last.
        var savepoints: [String] = []
        /// Why nothing but the end, or a rollback to a savepoint, is taken any more.
        var failure: (any Error)?
        /// The transaction on the writer, from the first call that writes on.
        var writer: InteractiveTransaction?
        /// The reader with the transaction's snapshot, and of which position that is.
        var reader: ReaderConnection?
        var snapshot: Position?
    }

    /// Where a call runs.
    enum Place: Sendable {
        /// On a reader: the one that the transaction keeps, or any.
        case reader(ReaderConnection?, keeps: Bool)
        /// In the transaction on the writer.
        case writer(InteractiveTransaction)
        /// In a transaction on the writer that is to be begun, with these savepoints, if `snapshot` is still the latest.
        case newWriter(savepoints: [String], snapshot: Position?)
        /// In a transaction of its own.
        case alone
    }

    var block: Block?
    var values = SessionValues()
    private(set) var isBusy = false
    private(set) var isClosed = false
    /// A statement whose rows are being fetched.
    var cursor: OpenStatement?

    // MARK: Events

    /// A call begins: nobody else may use the connection until ``callEnded(_:)``.
    ///
    /// - Throws: `connectionInUse`.
    mutating func callBegan(isCursor: Bool = false) throws(TandemError) {
        guard !isClosed else { throw TandemError(.connectionInUse, "the connection is closed") }
        guard !isBusy, isCursor || cursor == nil else {
            throw TandemError(
                .connectionInUse,
                "another call is using this connection; end it, or close its cursor, before the next one")
        }
        isBusy = true
    }

    /// - Parameter failure: what it failed with: an open transaction has failed with it.
    /// - Returns: what the transaction keeps no longer.
    mutating func callEnded(_ failure: (any Error)? = nil) -> ReaderConnection? {
        isBusy = false
        guard let failure, block != nil else { return nil }
        if block?.failure == nil { block?.failure = failure }
        // A cursor's statement is still on it.
        return block?.savepoints.isEmpty == true && cursor == nil ? takeReader() : nil
    }

    mutating func began(isReadOnly: Bool, isSnapshot: Bool) throws(TandemError) {
        guard block == nil else {
            throw TandemError(.activeTransaction, "a transaction is open on this connection; end it first")
        }
        block = Block(isReadOnly: isReadOnly, isSnapshot: isReadOnly || isSnapshot)
    }

    /// The transaction has ended, or is about to.
    mutating func ended() -> Block? {
        defer { block = nil }
        return block
    }

    /// What a connection that is closed kept.
    struct Leftovers: Sendable {
        let cursor: OpenStatement?
        let block: Block?
    }

    /// - Returns: what is to be let go; nil while a call runs, which does so when it ends.
    mutating func closed() -> Leftovers? {
        isClosed = true
        guard !isBusy else { return nil }
        defer {
            cursor = nil
            block = nil
        }
        return Leftovers(cursor: cursor, block: block)
    }

    // MARK: Decisions

    /// Whether a transaction is open that may write.
    var mayWrite: Bool { block.map { !$0.isReadOnly } ?? false }

    /// Where a call has to run.
    ///
    /// - Throws: `transactionAborted`, `readOnly`.
    func place(writes: Bool) throws(TandemError) -> Place {
        guard let block else { return writes ? .alone : .reader(nil, keeps: false) }
        try checkNotFailed()
        if let writer = block.writer { return .writer(writer) }
        guard writes else { return .reader(block.reader, keeps: block.isSnapshot) }
        if block.isReadOnly {
            throw TandemError(.readOnly, "the transaction is read-only; write in one that is not")
        }
        return .newWriter(savepoints: block.savepoints, snapshot: block.snapshot)
    }

    /// - Throws: `transactionAborted`, with the first failure as its cause.
    func checkNotFailed() throws(TandemError) {
        guard let failure = block?.failure else { return }
        if let failure = failure as? TandemError, failure.code == .idleInTransaction { throw failure }
        throw TandemError(
            .transactionAborted,
            "a call before this one failed (\(failure)); roll the transaction back, whole or to a savepoint",
            cause: failure)
    }

    /// The place of a savepoint in ``Block/savepoints``.
    func place(ofSavepoint name: String) throws(TandemError) -> Int {
        guard let block else { throw Self.noTransaction }
        guard let place = block.savepoints.lastIndex(of: name) else {
            throw TandemError(.unknownSavepoint, "savepoint \"\(name)\" does not exist")
        }
        return place
    }

    mutating func takeReader() -> ReaderConnection? {
        defer { block?.reader = nil }
        return block?.reader
    }

    static var noTransaction: TandemError {
        TandemError(.noTransaction, "no transaction is open on this connection; begin one first")
    }
}
