extension ConnectionHolder {
    /// Begins a statement whose rows are fetched piece by piece. Until it is closed no other statement runs.
    nonisolated(nonsending) func openStream(_ statement: Statement, in scope: Scope?) async throws -> OpenStream {
        try await enter()
        do {
            try statement.checkParameters()
            try refuseTransactionControl(statement)
            let connection = try await prepare(at: scope?.level ?? TransactionStateMachine.outermost)
            if protectsStatements {
                try await connection.begin(
                    TransactionCharacteristics(isReadOnly: true), deadline: options.deadlineInstant)
            }
            let cursor = try await connection.openCursor(statement, deadline: options.deadlineInstant)
            let stream = OpenStream(cursor: cursor, statement: statement, isProtected: protectsStatements)
            pause { $0.stream = stream }
            return stream
        } catch {
            if protectsStatements { try? await lease?.connection.rollback() }
            let explained = explain(error, statement: statement, in: scope)
            failed(explained, in: scope)
            free(hasWritten: false)
            throw explained
        }
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
        state.withLockedValue { $0.stream === stream && $0.gate.fetchArrived() }
    }

    /// Closes the open stream, if there is one. The caller has the connection.
    nonisolated(nonsending) func closeStream() async {
        let (stream, lease) = state.withLockedValue { state in
            defer { state.stream = nil }
            return (state.stream, state.lease)
        }
        guard let stream else { return }
        await stream.cursor.close()
        // It has only read: how its transaction ends makes no difference.
        if stream.isProtected { try? await lease?.connection.rollback() }
    }

    /// Leaves the connection to the stream until its reader wants more.
    private func pause(_ change: (inout State) -> Void) {
        let (dismissed, next) = state.withLockedValue { state in
            change(&state)
            return state.gate.streamPaused()
        }
        for waiter in dismissed { waiter.resume(throwing: streamIsOpenError()) }
        next?.resume()
    }
}
