extension ConnectionHolder {
    /// Begins a statement whose rows are fetched piece by piece. Until it is closed no other statement runs.
    nonisolated(nonsending) func openStream(_ statement: Statement, in scope: Scope?) async throws -> OpenStream {
        try await enter()
        var (isBegun, isRun) = (false, false)
        do {
            try statement.checkParameters()
            try refuseTransactionControl(statement)
            try refuseSecondWriter(statement)
            let connection = try await prepare(at: scope?.level ?? TransactionStateMachine.outermost)
            let end = end(of: statement)
            if end == .rollback || end == .commit {
                isBegun = true
                try await connection.begin(
                    TransactionCharacteristics(isReadOnly: end == .rollback), deadline: options.deadlineInstant)
            }
            isRun = true
            let cursor = try await connection.openCursor(statement, deadline: options.deadlineInstant)
            let stream = OpenStream(cursor: cursor, statement: statement, end: end)
            pause { state in
                state.stream = stream
                if hasWriter(after: statement) { state.hasWritten = true }
            }
            return stream
        } catch {
            if isBegun { try? await lease?.connection.rollback() }
            let explained = explain(error, statement: statement, in: scope, isRun: isRun)
            failed(explained, in: scope)
            free(hasWritten: false)
            throw explained
        }
    }

    private func end(of statement: Statement) -> OpenStream.End {
        if isTransactional { return .nothing }
        if options.isReadOnly { return .rollback }
        guard DatabaseSession.current != nil else { return .nothing }
        guard statement.isSurelyReading else { return .autocommit }
        // The functions of a server with one writer do not write.
        return statement.mayCallFunctions && !database.hasOneWriter ? .commit : .nothing
    }

    /// The next rows, nil after the last; the stream is closed then.
    nonisolated(nonsending) func fetch(_ count: Int, from stream: OpenStream, in scope: Scope?) async throws
        -> [ResultRow]?
    {
        guard resume(stream) else { throw endedError() }
        do {
            try checkDeadline()
            if let rows = try await stream.cursor.next(count) {
                pause { _ in }
                return rows
            }
            await closeStream()
            free(hasWritten: false)
            return nil
        } catch {
            await closeStream()
            let explained = explain(error, statement: stream.statement, in: scope)
            failed(explained, in: scope)
            free(hasWritten: false)
            throw explained
        }
    }

    /// Ends the stream before its end, if nobody has done so already.
    nonisolated(nonsending) func leave(_ stream: OpenStream) async {
        guard resume(stream) else { return }
        await closeStream()
        free(hasWritten: false)
    }

    /// Takes the connection for the stream, false where the stream is closed.
    func resume(_ stream: OpenStream) -> Bool {
        state.withLock { $0.stream === stream && $0.gate.fetchArrived() }
    }

    /// Closes the open stream, if there is one. The caller has the connection.
    nonisolated(nonsending) func closeStream() async {
        let (stream, lease) = state.withLock { state in
            defer { state.stream = nil }
            return (state.stream, state.lease)
        }
        guard let stream else { return }
        await stream.cursor.close()
        switch stream.end {
        case .nothing: return
        case .autocommit: await note(.untold, on: lease, in: stream.session)
        // It has only read: how its transaction ends makes no difference.
        case .rollback: try? await lease?.connection.rollback()
        case .commit: await commit(stream, lease)
        }
    }

    /// Where it fails nothing of it was kept that anybody counts on: who reads a stream to its end is told of the failure
    /// of its statement before.
    private nonisolated(nonsending) func commit(_ stream: OpenStream, _ lease: (any ConnectionLease)?) async {
        guard let lease else { return }
        do {
            let position = try await lease.connection.commit()
            if let position { database.committed(position, on: lease, in: stream.session) }
        } catch {
            if (error as? DatabaseError)?.code == .outcomeUnknown {
                database.committed(.unknown(database.engine), on: lease, in: stream.session)
            }
        }
    }

    /// Leaves the connection to the stream until its reader wants more.
    private func pause(_ change: (inout State) -> Void) {
        let (dismissed, next) = state.withLock { state in
            change(&state)
            return state.gate.streamPaused()
        }
        for waiter in dismissed { waiter.resume(throwing: streamIsOpenError()) }
        next?.resume()
    }
}
