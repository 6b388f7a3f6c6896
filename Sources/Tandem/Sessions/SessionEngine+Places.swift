import PostgresWire
import TandemLog
import TandemReplication
import TandemSQLite

// Where statements have to run, and what is refused before.
extension SessionEngine {
    /// Where else a statement has to run; nil if it can run here.
    func place(_ statement: SessionStatement, on access: SessionAccess) throws(PostgresError) -> SessionStop? {
        let command = statement.command
        try refuseWhenFailed(command)
        try refuseWithoutRole(command)
        if command == .write(tag: LockStatement.tag) { try refuseLockOutsideOfBlock() }
        if command.isWrite, isReadOnly { throw readOnlyRefusal(command) }
        switch access {
        case .writer: return nil
        case .reader:
            if case .copy(let copy) = command, copy.isFrom, block?.isSnapshot != true { return nil }
            if command.isWrite || keepsWhatItReads(statement) { return .needsWriter }
            // A read-only block that has just begun needs a reader to keep.
            return block?.isReadOnly == true && heldReader == nil ? .needsReader : nil
        case .loop where command == .read && readsLatest(statement): return nil
        case .none, .loop:
            // What the client sends of a COPY is collected before the writer is needed; a reader knows the table.
            if case .copy(let copy) = command, copy.isFrom, block?.isSnapshot != true { return .needsReader }
            return command.isWrite || keepsWhatItReads(statement) ? .needsWriter : .needsReader
        }
    }

    func refuseLockOutsideOfBlock() throws(PostgresError) {
        guard block == nil else { return }
        throw PostgresError(
            code: .noActiveSQLTransaction, message: "LOCK TABLE can only be used in transaction blocks")
    }

    /// Whether nobody may change what a query reads before the end of a block that may write: it is the writer's then.
    /// Repeatable reads are from the beginning of the block, rows that are locked from their query on.
    private func keepsWhatItReads(_ statement: SessionStatement) -> Bool {
        guard let block, !isReadOnly else { return false }
        return block.isSnapshot || statement.locksRows
    }

    /// Whether what a query reads is the last state that is committed when it begins, as outside of a block: it may be run by
    /// whoever reads.
    func readsLatest(_ statement: SessionStatement) -> Bool {
        guard let block else { return true }
        return !block.isSnapshot && !keepsWhatItReads(statement)
    }

    /// In a failed block everything but its end is refused.
    func refuseWhenFailed(_ command: SessionCommand) throws(PostgresError) {
        guard machine.transactionStatus == .failed else { return }
        switch command {
        case .commit, .rollback, .rollbackTo, .empty: return
        default:
            throw PostgresError(
                code: .inFailedSQLTransaction,
                message: "current transaction is aborted, commands ignored until end of transaction block")
        }
    }

    /// What the user's roles do not allow.
    func refuseWithoutRole(_ command: SessionCommand) throws(PostgresError) {
        try refreshUser()
        switch command {
        case .read, .cursor: try user.require(.read, for: "reading")
        case .copy(let copy) where copy.writeTag == nil: try user.require(.read, for: "reading")
        case .alterSystem: try user.require(.administrate, for: "ALTER SYSTEM")
        default: if let tag = command.writeTag { try user.require(.write, for: tag) }
        }
    }

    /// What has become of the user since the last statement counts for this one.
    func refreshUser() throws(PostgresError) {
        guard try user.refresh(node.users) else { return }
        settings.superuserChanged(user.roles.contains(.administrate))
        reportSetting("is_superuser")
    }

    private func readOnlyRefusal(_ command: SessionCommand) -> PostgresError {
        guard let tag = command.writeTag else { preconditionFailure("only writes are refused") }
        if let refusal = refusalOfFailure { return refusal }
        if node.takesWrites, node.maintenance.isOn {
            return PostgresError(
                code: .readOnlySQLTransaction, message: "cannot execute \(tag): this node is in maintenance",
                hint: "Reads go on. 'tandem maintenance off' ends it.")
        }
        let message = "cannot execute \(tag) in a read-only transaction"
        guard node.takesWrites else { return refusalOfReplica(message) }
        return PostgresError(code: .readOnlySQLTransaction, message: message)
    }

    /// Why a node that has failed takes no writes; nil for one that has not.
    private var refusalOfFailure: PostgresError? {
        node.failure.map { failure in
            PostgresError(
                code: node.database.failure.map { PostgresError(mapping: $0).code } ?? .ioError,
                message: "this node has stopped taking writes: \(failure)",
                hint: "Reads go on. Mend the cause, then restart the node: it recovers from its log.")
        }
    }

    /// A replica takes no writes. A session that was opened when it was the primary ends with that: a pool keeps it
    /// otherwise, and never asks for the new one. But not where its client has said itself that it only reads. A node that
    /// has failed is no replica, and says why.
    func refusalOfReplica(_ message: String) -> PostgresError {
        if let refusal = refusalOfFailure { return refusal }
        let onlyReads = block?.isReadOnlyByChoice ?? settings.choseReadOnly
        return PostgresError(
            severity: beganOnPrimary && !onlyReads ? .fatal : .error, code: .readOnlySQLTransaction, message: message,
            hint: "This node is a replica; write to its primary\(node.primaryHint).")
    }

    /// Runs `body`, which is about `statement`, with the connection there is.
    ///
    /// - Returns: false if it needs another one.
    func withConnection(
        _ access: SessionAccess, for statement: SessionStatement,
        _ body: (any StatementConnection) throws(PostgresError) -> Void
    ) throws(PostgresError) -> Bool {
        switch access {
        case .none: return false
        case .loop(let reader): return attempt(statement, on: reader, body)
        case .reader(let reader):
            statementStart = (output.mark, piecesSent)
            reader.answer { name throws(SQLiteError) in try self.fact(name) }
            defer { reader.answer(with: nil) }
            try measured(statement) { () throws(PostgresError) in try body(reader) }
        case .writer(let writer):
            writer.answer { name throws(SQLiteError) in try self.fact(name) }
            defer { writer.answer(with: nil) }
            let began = ContinuousClock.now
            defer { node.loneStatements.statementRan(statement, since: began) }
            do throws(PostgresError) {
                try run(on: writer, body)
            } catch {
                // What it began is not the embedding program's, which may use the connection next.
                _ = writer.endSession()
                node.loneStatements.statementFailed(statement, error.code, on: writer)
                throw error
            }
        }
        if advisoryCalls != nil { advisoryStatementEnded() }
        return true
    }

    /// Runs `body` on the writer for as long as its session may take.
    private func run(
        on writer: WriterConnection, _ body: (any StatementConnection) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        // What the first one has waited for the writer counts.
        let deadline: ContinuousClock.Instant? = settings.statementTimeout.map { self.deadline ?? .now + $0 }
        self.deadline = nil
        try limited(writer, limit(until: deadline), body)
    }

    /// Stops what runs on the writer at that moment, and with the session.
    func limit(until deadline: ContinuousClock.Instant?) -> StatementLimit {
        let end = deadline == nil ? sessionEnd?.limit : nil
        return end ?? StatementLimit(deadline: deadline, within: sessionEnd?.limit)
    }

    /// Runs `body` on the writer for as long as `limit` lets it.
    func limited(
        _ writer: WriterConnection, _ limit: StatementLimit,
        _ body: (any StatementConnection) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        do {
            try writer.limited(by: limit) { try body(writer) }
        } catch {
            let error = PostgresError(mapping: error)
            throw error.code == .queryCanceled && limit.reason == .deadlinePassed ? .timedOut : error
        }
    }
}
