// What sessions learn of commits, so that their reads come after them.
extension ConnectionHolder {
    /// A statement or a stream without a transaction has ended. Where it told no position the server is asked, though the
    /// task is cancelled: what was written was written. Where it does not answer, the session reads from the primary.
    nonisolated(nonsending) func note(
        _ commit: StatementCommit, on lease: (any ConnectionLease)?, in session: DatabaseSession?
    ) async {
        guard let session, let lease else { return }
        switch commit {
        case .nothing: return
        case .position(let position): database.committed(position, on: lease, in: session)
        case .untold:
            let limit = ContinuousClock.now + database.configuration.routing.statusTimeout
            let connection = lease.connection
            do {
                let status = try await shielded { try await connection.status(deadline: limit) }
                if let position = status.position { database.committed(position, on: lease, in: session) }
            } catch {
                database.committed(.unknown(database.engine), on: lease, in: session)
            }
        }
    }

    /// Whoever is told that nobody knows whether it was committed looks for it next: it may have been.
    func noteUnknownOutcome(_ error: any Error) {
        guard let error = error as? DatabaseError, error.code == .outcomeUnknown else { return }
        database.committed(error.position ?? .unknown(database.engine))
    }

    /// Runs `operation` to its end although the task is cancelled.
    nonisolated(nonsending) func shielded<Value: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard Task.isCancelled else { return try await operation() }
        return try await Task { try await operation() }.value
    }
}
