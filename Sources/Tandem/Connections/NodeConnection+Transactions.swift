import TandemLog
import TandemReplication
import TandemSQLite

extension NodeConnection {
    /// Begins a transaction: until its end all calls belong to it.
    ///
    /// What its reads see:
    ///
    /// | transaction | sees |
    /// | --- | --- |
    /// | `readOnly` | one committed state, that of its first read |
    /// | not `readOnly` | each call what is committed then; from the first write on nobody else writes, so that nothing but its own work changes any more |
    /// | `isSnapshot` | one committed state, that of its first read. If others have committed since, its first write fails (`rolledBack`, SQLSTATE 40001), and the transaction is to be run again: hence it is serializable |
    ///
    /// - Parameters:
    ///   - readOnly: whether writes are refused. On a replica they always are.
    ///   - isSnapshot: whether all of it sees one state. Default false; a read-only transaction always does.
    /// - Throws: ``TandemError``: `activeTransaction` if one is open, `connectionInUse`.
    public func begin(readOnly: Bool = false, isSnapshot: Bool = false) async throws {
        try state.withLockedValue { state in
            try state.callBegan()
            defer { _ = state.callEnded() }
            try state.began(isReadOnly: readOnly || !node.takesWrites, isSnapshot: isSnapshot)
        }
    }

    /// Commits; returns when the transaction is durable here and on as many replicas as asked for. It goes on although
    /// the task is cancelled.
    ///
    /// - Returns: the transaction's position in the log; nil if it changed nothing.
    /// - Throws: ``TandemError``: `inDoubt` with the position; all others after nothing was kept: `transactionAborted`,
    ///   `idleInTransaction`, `rolledBack`, `noTransaction`, `unavailable`; `SQLiteError` for a deferred foreign key.
    public func commit() async throws -> Position? {
        await endCursor()
        try state.withLockedValue { try $0.callBegan() }
        let (block, failure) = state.withLockedValue { state in
            let failure = Result { try state.checkNotFailed() }
            _ = state.callEnded()
            return (state.ended(), failure)
        }
        guard let block else { throw ConnectionState.noTransaction }
        defer { release(block) }
        try failure.get()
        guard let writer = block.writer else { return nil }
        let answer = Answer<Position?>()
        writer.ask(.commit) { outcome in
            if case .committed(let position) = outcome {
                answer.give(.success(position))
            } else {
                answer.give(.failure(outcome.failure))
            }
        }
        return try await answer.value
    }

    /// Rolls back; without a transaction nothing happens. It goes on although the task is cancelled.
    ///
    /// - Throws: ``TandemError`` (`connectionInUse`) while another call runs.
    public func rollback() async throws {
        await endCursor()
        let block = try state.withLockedValue { state in
            try state.callBegan()
            _ = state.callEnded()
            return state.ended()
        }
        guard let block else { return }
        defer { release(block) }
        guard let writer = block.writer else { return }
        let answer = Answer<Void>()
        writer.ask(.rollback) { _ in answer.give(.success(())) }
        try await answer.value
    }

    private func endCursor() async {
        guard let open = state.withLockedValue({ $0.cursor }) else { return }
        await closeCursor(open, limit: StatementLimit())
    }
}

// Savepoints. They take no time, and go on although the task is cancelled: a transaction above may still be saved. Before the first write there is nothing to save: they are remembered, and set when the writer is there.
extension NodeConnection {
    /// Sets a savepoint: ``rollback(toSavepoint:)`` takes back what follows, also after a failure.
    ///
    /// - Throws: ``TandemError``: `noTransaction` without a transaction, and as ``write(deadline:fileID:line:_:)``.
    public func setSavepoint(_ name: String) async throws {
        try await savepointCall("SAVEPOINT", name) { state throws(TandemError) in
            try state.checkNotFailed()
            guard state.block != nil else { throw ConnectionState.noTransaction }
        } done: { block in
            block.savepoints.append(name)
        }
    }

    /// Forgets a savepoint and those after it; what was done since stays.
    ///
    /// - Throws: ``TandemError``: `unknownSavepoint`, and as ``write(deadline:fileID:line:_:)``.
    public func releaseSavepoint(_ name: String) async throws {
        try await savepointCall("RELEASE", name) { state throws(TandemError) in
            try state.checkNotFailed()
            _ = try state.place(ofSavepoint: name)
        } done: { block in
            if let place = block.savepoints.lastIndex(of: name) { block.savepoints.removeSubrange(place...) }
        }
    }

    /// Takes back what was done since a savepoint, which stays; the transaction goes on, also after a failure.
    ///
    /// - Throws: ``TandemError``: `unknownSavepoint`; what ended the transaction, if it could not be saved.
    public func rollback(toSavepoint name: String) async throws {
        await endCursor()
        try await savepointCall("ROLLBACK TO", name) { state throws(TandemError) in
            _ = try state.place(ofSavepoint: name)
        } done: { block in
            if let place = block.savepoints.lastIndex(of: name) { block.savepoints.removeSubrange((place + 1)...) }
            block.failure = nil
        }
    }

    /// - Parameters:
    ///   - check: whether it is possible now.
    ///   - done: what it makes of the transaction.
    private func savepointCall(
        _ words: String, _ name: String, check: (inout ConnectionState) throws(TandemError) -> Void,
        done: (inout ConnectionState.Block) -> Void
    ) async throws {
        try await exclusively {
            let writer = try state.withLockedValue { state in
                try check(&state)
                return state.block?.writer
            }
            if let writer { try await run(words, name, on: writer) }
            state.withLockedValue { state in
                guard var block = state.block else { return }
                done(&block)
                state.block = block
            }
        }
    }

    private func run(_ words: String, _ name: String, on transaction: InteractiveTransaction) async throws {
        do {
            try await ask(transaction) { writer in try writer.run(savepointStatement: words, name) }.value
        } catch {
            // What has ended the transaction before says more than that it has ended.
            throw state.withLockedValue { $0.block?.failure } ?? error
        }
    }
}
