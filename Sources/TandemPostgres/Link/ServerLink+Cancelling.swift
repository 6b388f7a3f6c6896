import CPQ
import TandemThreads
import TandemTransactions

extension ServerLink {
    /// Ends a statement that was begun: what has not been read of it is thrown away.
    ///
    /// - Parameter cancels: whether the server shall stop, rather than run it to its end.
    func abandon(_ watch: inout StatementWatch, cancels: Bool) throws {
        if cancels, case .cancel = watch.abandoned(at: .now) {
            cancelRequest = CancelRequest(for: pointer, waking: executor)
        }
        while try nextResult(&watch) != nil {}
        try finishCancelling()
    }

    /// After a statement's last result: a cancel request that is under way must not meet the next statement.
    func finishCancelling() throws {
        guard waitForCancelRequest() else {
            throw PostgresFailure.connectionLost("the server did not take a cancel request; the connection is closed")
        }
    }

    /// - Returns: false where the request was not taken in time, and there can be no next statement.
    func waitForCancelRequest() -> Bool {
        guard let request = cancelRequest else { return true }
        let end = ContinuousClock.now + cancelTimeout
        while !request.isDone {
            guard ContinuousClock.now < end else {
                close()
                return false
            }
            waitForSocket(events: 0, until: end)
        }
        cancelRequest = nil
        return true
    }
}
