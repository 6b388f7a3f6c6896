import CMariaDB
import TandemThreads
import TandemTransactions

extension MariaDBConnection {
    func execute(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> StatementResult {
        let sql = statement.sql(in: .questionMarks)
        let parameters = statement.parameters
        return try await cancellable(deadline: deadline) { watch in try self.execute(sql, parameters, &watch) }
    }

    func execute(
        _ sql: String, _ parameters: [SQLValue], _ watch: inout StatementWatch
    ) throws -> StatementResult {
        let prepared = try executed(sql, parameters, &watch)
        let result: StatementResult
        do { result = try prepared.result(&watch) } catch {
            forget(prepared)
            throw error
        }
        try checkTransaction(behind: prepared.traits)
        return result
    }

    /// The answer tells what was written to the binary log; that of rows may come before what a function has written for
    /// them is committed.
    func executeAlone(
        _ statement: Statement, deadline: ContinuousClock.Instant?
    ) async throws -> (StatementResult, StatementCommit) {
        let result = try await execute(statement, deadline: deadline)
        if let gtid = session.reportedGTID { return (result, .position(CommitPosition(.mariadb, gtid))) }
        let isHarmless =
            statement.isSurelyReading
            && (!statement.mayCallFunctions || StatementTraits(statement.sql(in: .questionMarks)).mayBeRepeated)
        return (result, isHarmless ? .nothing : .untold)
    }

    /// Runs a statement; its answer is to be taken from what is returned.
    func executed(
        _ sql: String, _ parameters: [SQLValue], _ watch: inout StatementWatch
    ) throws -> PreparedStatement {
        try refuseAfterFailure()
        retired.removeAll()
        if let kept = cache.use(sql) {
            do { return try run(kept, parameters, &watch) } catch {
                guard isOutdated(error) else { throw error }
                // A table has changed its columns since. What may have written is not run again.
                try kept.close(&watch)
                guard kept.traits.mayBeRepeated else { throw hasAnswered ? Self.unreadable : error }
            }
        }
        do {
            let prepared = try prepare(sql, &watch)
            _ = try run(prepared, parameters, &watch)
            if prepared.traits.isWorthKeeping, let evicted = cache.insert(prepared, for: sql) {
                retired.append(evicted)
            }
            return prepared
        } catch let error as DatabaseError {
            throw Self.explained(error, sql)
        }
    }

    /// What could not be prepared was not run.
    private func prepare(_ sql: String, _ watch: inout StatementWatch) throws -> PreparedStatement {
        do { return try PreparedStatement(sql, on: session, &watch) } catch var error as DatabaseError {
            if error.code == .timeout, session.isBroken {
                throw MariaDBFailure.timeout(
                    "the deadline passed while the server prepared the statement; it was not run, and the connection is "
                        + "closed")
            }
            if error.code == .connectionLost { error.sqlState = DatabaseError.notSent }
            throw error
        }
    }

    private func run(
        _ prepared: PreparedStatement, _ parameters: [SQLValue], _ watch: inout StatementWatch
    ) throws -> PreparedStatement {
        if prepared.traits.commitsImplicitly, case .open(let characteristics) = transaction, characteristics.isReadOnly
        {
            statementFailed(in: characteristics)
            throw DatabaseError(
                .readOnlyTransaction,
                "MariaDB would commit the read-only transaction and change the database: run the statement outside of it",
                sqlState: "25006")
        }
        if prepared.traits.mayLeaveTraces { hasTraces = true }
        do { try prepared.execute(parameters, &watch) } catch {
            forget(prepared)
            // What was before it has been committed all the same, and there is no transaction any more.
            if prepared.traits.commitsImplicitly, transaction != .none { transaction = .aborted }
            throw error
        }
        return prepared
    }

    /// A statement that failed is not run again: the library would first wait for the rest of its answer, of which there
    /// is none.
    func forget(_ prepared: PreparedStatement) {
        if let kept = cache.remove(prepared.sql) { retired.append(kept) }
    }

    private func isOutdated(_ error: any Error) -> Bool {
        guard error is DatabaseError, let number = session.lastReport?.number else { return false }
        return number == UInt32(CR_NEW_STMT_METADATA) || number == UInt32(ER_NEED_REPREPARE)
            || number == UInt32(ER_UNKNOWN_STMT_HANDLER)
    }

    /// Whether the statement was run, and the library refused its answer.
    private var hasAnswered: Bool { session.lastReport?.number == UInt32(CR_NEW_STMT_METADATA) }

    private static var unreadable: DatabaseError {
        DatabaseError(
            .invalidStatement,
            "the statement has been run, but its answer has other columns than when it was prepared, because a table has "
                + "changed meanwhile: look for what it wrote before running it again", sqlState: "0A000")
    }

    private static func explained(_ error: DatabaseError, _ sql: String) -> DatabaseError {
        guard error.sqlState == "42601" else { return error }
        let traits = StatementTraits(sql)
        guard traits.firstWord == "update", traits.mentionsReturning else { return error }
        var error = error
        error.message =
            "MariaDB has RETURNING for INSERT, REPLACE and DELETE, not for UPDATE: read the rows by a SELECT … FOR UPDATE "
            + "in the same transaction; \(error.message)"
        return error
    }

    /// MariaDB commits a transaction by itself at statements such as CREATE TABLE. What follows is one transaction again.
    func checkTransaction(behind traits: StatementTraits) throws {
        guard case .open(let characteristics) = transaction else { return }
        if let gtid = session.reportedGTID { reachedGTID = gtid }
        guard !session.isInTransaction else { return }
        // Until there is one again, what followed would be kept one by one.
        transaction = .aborted
        guard traits.commitsImplicitly else {
            throw DatabaseError(
                .illegalTransactionState,
                "the statement has ended the transaction: COMMIT and ROLLBACK are the transaction's own, not for statements",
                sqlState: "25000")
        }
        var watch = StatementWatch(deadline: .now + Self.endingTime, isCancellable: false)
        try start(characteristics, &watch)
        transaction = .open(characteristics)
    }
}
