extension PoolDriver {
    /// The failure of a request as the program sees it.
    func error(for failure: PoolRequestFailure) -> any Error {
        switch failure {
        case .cancelled: CancellationError()
        case .closed:
            DatabaseError(
                .closed, "the pool of \(name) has been shut down: end what uses it before it, or ask it no more")
        case .unreachable(let error): unreachable(error)
        case .deadlocked(let request, let status): deadlocked(request, status)
        case .timedOut(let request, let status): timedOut(request, status)
        case .silent(let request): silent(request)
        }
    }

    private func unreachable(_ error: any Error) -> DatabaseError {
        guard let error = error as? DatabaseError else {
            return DatabaseError(
                .connectionLost, "no connection to \(name) could be made: \(error)", sqlState: "08001", cause: error)
        }
        guard error.code == .timeout else { return error }
        // A deadline of the pool's, not of the program's.
        return DatabaseError(
            .connectionLost, "no connection to \(name) could be made: \(error.message)", sqlState: "08001",
            cause: error)
    }

    private func deadlocked(_ request: PoolRequest, _ status: PoolStatus) -> DatabaseError {
        DatabaseError(
            .poolDeadlock,
            "\(request.acquirer) can never get a connection of the pool of \(name): all \(status.maximumSize) are held by "
                + "tasks that wait for another one of it (\(status.holderList)); join the outer transaction instead of "
                + "requiresNew, or make the pool larger than the number of such tasks")
    }

    private func silent(_ request: PoolRequest) -> DatabaseError {
        metrics?.timeouts.increment()
        let silence = DatabaseError.silence(of: name, for: max(request.deadline - request.askedAt, .zero))
        guard request.isDeadlineOfTransaction else { return silence }
        return DatabaseError(
            .timeout, "the transaction's deadline has passed while it waited for a connection: \(silence.message)",
            sqlState: "57014", cause: silence)
    }

    private func timedOut(_ request: PoolRequest, _ status: PoolStatus) -> DatabaseError {
        metrics?.timeouts.increment()
        let waited = max(request.deadline - request.askedAt, .zero).shortText
        if let failure = status.lastConnectFailure, status.active + status.idle == 0 {
            var error = unreachable(failure)
            error.message =
                "no connection to \(name) could be made in \(waited), the last attempt failed: \(error.message)"
            error.cause = failure
            return error
        }
        let isTransactions = request.isDeadlineOfTransaction
        var text = "no connection of the pool of \(name) became free in \(waited): \(status)"
        if isTransactions { text = "the transaction's deadline has passed while it waited, \(text)" }
        if let failure = status.lastConnectFailure { text += "; the last attempt to make one failed: \(failure)" }
        return DatabaseError(
            isTransactions ? .timeout : .poolExhausted, text, sqlState: isTransactions ? "57014" : "53300",
            cause: status.lastConnectFailure)
    }
}
