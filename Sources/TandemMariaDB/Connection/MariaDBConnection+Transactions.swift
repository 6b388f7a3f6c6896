import CMariaDB
import TandemThreads
import TandemTransactions

extension MariaDBConnection {
    // MARK: Transactions

    func begin(_ characteristics: TransactionCharacteristics, deadline: ContinuousClock.Instant?) async throws {
        guard transaction == .none else {
            throw DatabaseError(.illegalTransactionState, "a transaction is open on the connection", sqlState: "25001")
        }
        try await cancellable(deadline: deadline) { watch in
            do { try self.start(characteristics, &watch) } catch {
                // It may have begun, and a level that was set waits for the next transaction.
                self.hasTraces = true
                var ending = StatementWatch(deadline: .now + Self.endingTime, isCancellable: false)
                if !self.session.isBroken { try self.session.query("ROLLBACK", &ending, atInterruption: .abandon) }
                throw error
            }
        }
        reachedGTID = nil
        transaction = .open(characteristics)
    }

    /// Two round trips, and one way to the connection's thread and back.
    func begin(
        _ characteristics: TransactionCharacteristics, executing statement: Statement,
        deadline: ContinuousClock.Instant?
    ) async throws -> Result<StatementResult, any Error> {
        try await begin(characteristics, deadline: deadline)
        do { return .success(try await execute(statement, deadline: deadline)) } catch { return .failure(error) }
    }

    /// One round trip, with or without a level.
    func start(_ characteristics: TransactionCharacteristics, _ watch: inout StatementWatch) throws {
        let level =
            switch characteristics.isolation {
            case .serverDefault: ""
            case .readCommitted: "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; "
            case .repeatableRead: "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; "
            case .serializable: "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; "
            }
        try session.query(level + "START TRANSACTION\(characteristics.isReadOnly ? " READ ONLY" : "")", &watch)
    }

    func commit() async throws -> CommitPosition? {
        switch transaction {
        case .none:
            throw DatabaseError(.illegalTransactionState, "there is no transaction to commit", sqlState: "25P01")
        case .failed, .aborted:
            try await rollback()
            throw DatabaseError(
                .transactionAborted,
                "the transaction has been rolled back, since a statement of it had failed: run all of it again",
                sqlState: "25P02")
        case .open: break
        }
        do {
            try shielded(until: .now + options.commitTimeout) {
                try session.query("COMMIT", &$0, atInterruption: .abandon)
            }
        } catch let error as DatabaseError {
            try await commitFailed(error)
        }
        transaction = .none
        return (session.reportedGTID ?? reachedGTID).map { CommitPosition(.mariadb, $0) }
    }

    private func commitFailed(_ error: DatabaseError) async throws -> Never {
        guard !isOpen else {
            // It was refused. Whatever the server has made of it, it is over then.
            try await rollback()
            throw error
        }
        transaction = .none
        // What could not be sent was not done.
        if session.lastReport?.number == UInt32(CR_SERVER_GONE_ERROR) { throw error }
        throw MariaDBFailure.outcomeUnknown(error)
    }

    func rollback() async throws {
        do {
            try shielded(until: .now + Self.endingTime) {
                try session.query("ROLLBACK", &$0, atInterruption: .abandon)
            }
            transaction = .none
        } catch {
            shut()
            throw error
        }
    }

    // MARK: Savepoints

    func setSavepoint(_ name: String, deadline: ContinuousClock.Instant?) async throws {
        try refuseUnlessOpen()
        try await cancellable(deadline: deadline) {
            try self.session.query("SAVEPOINT \(Self.quoted(name))", &$0)
        }
    }

    func releaseSavepoint(_ name: String) async throws {
        try refuseUnlessOpen()
        try shielded(until: .now + Self.endingTime) {
            try session.query("RELEASE SAVEPOINT \(Self.quoted(name))", &$0, atInterruption: .abandon)
        }
    }

    /// What failed behind the savepoint is forgotten with it.
    func rollback(toSavepoint name: String) async throws {
        guard case .failed(let characteristics) = transaction else {
            try refuseUnlessOpen()
            return try returnTo(savepoint: name)
        }
        try returnTo(savepoint: name)
        transaction = .open(characteristics)
    }

    private func returnTo(savepoint name: String) throws {
        try shielded(until: .now + Self.endingTime) {
            try session.query("ROLLBACK TO SAVEPOINT \(Self.quoted(name))", &$0, atInterruption: .abandon)
        }
    }

    private func refuseUnlessOpen() throws {
        guard transaction != .none else {
            throw DatabaseError(
                .illegalTransactionState, "savepoints are for transactions, and none is open", sqlState: "25P01")
        }
        try refuseAfterFailure()
    }

    /// Throws where the transaction takes nothing but its end any more.
    func refuseAfterFailure() throws {
        switch transaction {
        case .none, .open: return
        case .failed:
            throw DatabaseError(
                .transactionAborted,
                "a statement of the transaction has failed: end it, or roll back to a savepoint", sqlState: "25P02")
        case .aborted:
            throw DatabaseError(
                .transactionAborted,
                "the server has ended the transaction, savepoints and all: end it, and run all of it again",
                sqlState: "25P02")
        }
    }

    static func quoted(_ name: String) -> String { "`\(name.replacing("`", with: "``"))`" }
}
