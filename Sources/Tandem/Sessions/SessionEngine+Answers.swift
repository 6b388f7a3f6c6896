import NIOCore
import PostgresWire
import TandemLog
import TandemSQLite

// What is told, and what is given back with it.
extension SessionEngine {
    /// A statement failed: says so, and what that means for the transaction.
    func fail(_ error: PostgresError) -> SessionStop? {
        var error = error
        parsed = nil
        advisoryStatementFailed()
        if let ownSignal {
            error = ownSignal
            self.ownSignal = nil
        } else if error.code == .queryCanceled {
            if let reason = sessionEnd?.reason {
                error = reason
            } else if let reason = interrupt?.reason {
                if reason.severity.endsSession { error = reason } else { error.message = reason.message }
            }
            // Whatever becomes of its group.
            if writerTransaction != .none { cancellation = error }
        }
        guard case .fail(let error, let after) = machine.errorRaised(error) else { return nil }
        return answer(error, after)
    }

    func answer(
        _ error: PostgresError, _ after: SessionStateMachine<SessionStatement, SessionPortal>.AfterError
    )
        -> SessionStop?
    {
        releaseStatements()
        if savepoints.isEmpty { releaseTransactionLocks() }
        output.errorResponse(error)
        if machine.transactionStatus == .idle { endBlockSettings(commits: false) }
        switch after {
        case .readyForQuery:
            if query == nil, writerTransaction == .none { ready() } else { query = QueryRun(statements: []) }
        case .ignoreUntilSync: break
        case .close: isClosing = true
        }
        // With savepoints the client can still save the transaction; without, the writer is needed elsewhere.
        if writerTransaction != .none, savepoints.isEmpty || writerTransaction == .implicit {
            return .transactionRolledBack
        }
        if savepoints.isEmpty { releaseReader() }
        return nil
    }

    /// Says ReadyForQuery: the end of a query string or of a pipeline.
    func ready() {
        active = nil
        let status = machine.transactionStatus
        if status == .idle {
            endBlockSettings(commits: true)
            releaseTransactionLocks()
        }
        if settings.isReplica == node.takesWrites, status == .idle {
            for name in settings.roleChanged(isReplica: !node.takesWrites) { reportSetting(name) }
        }
        preparedHold?.shrink(to: machine.byteCount)
        record.becameIdle(status)
        machine.readyForQuery(status)
        output.readyForQuery(status)
    }

    /// Hands the answers so far to the channel.
    func send() {
        guard !output.isEmpty else { return }
        channel.send(output.take())
        // What has gone out cannot be taken back.
        transactionMark = output.mark
    }

    /// The holds of what is sent.
    func letHoldsGo() -> [AnswerHold] {
        defer {
            withheld = nil
            fetched.removeAll()
        }
        return withheld.map { fetched + [$0] } ?? fetched
    }

    func releaseReader() {
        guard let reader = heldReader else { return }
        heldReader = nil
        reader.endRead()
        node.readers.checkIn(reader)
    }

    /// Gives back the statements that are under way, which belong to the thread of their connection.
    func releaseStatements() {
        active = nil
        copyIn = nil
    }

    /// The connection is gone: nothing may be kept.
    func close() {
        node.sessions.remove(record)
        forgetAdvisoryLocks()
        releaseStatements()
        releaseReader()
        _ = letHoldsGo()
        preparedHold = nil
    }
}
