import PostgresWire
import TandemLog
import TandemReplication
import TandemSQLite

// Transactions: where statements have to run, and what the session's own statements do.
extension SessionEngine {
    /// Where else a statement has to run; nil if it can run here.
    func place(_ command: SessionCommand, on access: SessionAccess) throws(PostgresError) -> SessionStop? {
        try refuseWhenFailed(command)
        try refuseWithoutRole(command)
        if command.isWrite, isReadOnly { throw readOnlyRefusal(command) }
        switch access {
        case .writer: return nil
        case .reader:
            if case .copy(let copy) = command, copy.isFrom, block?.isSnapshot != true { return nil }
            if command.isWrite { return .needsWriter }
            // A read-only block that has just begun needs a reader to keep.
            if block?.isReadOnly == true, heldReader == nil { return .needsReader }
            // Repeatable reads of a block that may write later have to be the writer's from the beginning.
            return block.map { $0.isSnapshot && !isReadOnly } == true ? .needsWriter : nil
        case .loop where command == .read && block == nil: return nil
        case .none, .loop:
            // What the client sends of a COPY is collected before the writer is needed; a reader knows the table.
            if case .copy(let copy) = command, copy.isFrom, block?.isSnapshot != true { return .needsReader }
            if command.isWrite || block.map({ $0.isSnapshot && !isReadOnly }) == true { return .needsWriter }
            return .needsReader
        }
    }

    /// In a failed block everything but its end is refused.
    func refuseWhenFailed(_ command: SessionCommand) throws(PostgresError) {
        guard machine.transactionStatus == .failed else { return }
        switch command {
        case .commit, .rollback, .rollbackTo: return
        default:
            throw PostgresError(
                code: .inFailedSQLTransaction,
                message: "current transaction is aborted, commands ignored until end of transaction block")
        }
    }

    /// What the user's roles do not allow.
    func refuseWithoutRole(_ command: SessionCommand) throws(PostgresError) {
        try refreshUser()
        let refusal: PostgresError? =
            if let tag = command.writeTag {
                user.refusal(without: .write, tag)
            } else {
                switch command {
                case .read, .copy, .cursor: user.refusal(without: .read, "reading")
                case .alterSystem: user.refusal(without: .administrate, "ALTER SYSTEM")
                default: nil
                }
            }
        if let refusal { throw refusal }
    }

    /// What has become of the user since the last statement counts for this one.
    func refreshUser() throws(PostgresError) {
        guard try user.refresh(node.users) else { return }
        settings.superuserChanged(user.roles.contains(.administrate))
        reportSetting("is_superuser")
    }

    private func readOnlyRefusal(_ command: SessionCommand) -> PostgresError {
        guard let tag = command.writeTag else { preconditionFailure("only writes are refused") }
        if let failure = node.failure {
            return PostgresError(
                code: node.database.failure.map { PostgresError(mapping: $0).code } ?? .ioError,
                message: "this node has stopped taking writes: \(failure)",
                hint: "Reads go on. Mend the cause, then restart the node: it recovers from its log.")
        }
        if node.takesWrites, node.maintenance.isOn {
            return PostgresError(
                code: .readOnlySQLTransaction, message: "cannot execute \(tag): this node is in maintenance",
                hint: "Reads go on. 'tandem maintenance off' ends it.")
        }
        return PostgresError(
            code: .readOnlySQLTransaction, message: "cannot execute \(tag) in a read-only transaction",
            hint: node.takesWrites ? nil : "This node is a replica; write to its primary\(node.primaryHint).")
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
            reader.answer { name throws(SQLiteError) in try self.fact(name) }
            defer { reader.answer(with: nil) }
            try measured(statement) { () throws(PostgresError) in try body(reader) }
        case .writer(let writer):
            writer.answer { name throws(SQLiteError) in try self.fact(name) }
            defer { writer.answer(with: nil) }
            guard let timeout = settings.statementTimeout else {
                try body(writer)
                break
            }
            try limited(writer, StatementLimit(deadline: .now + timeout), body)
        }
        return true
    }

    /// Runs `body` on the writer for as long as `limit` lets it.
    private func limited(
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

    /// A statement that the session carries out itself.
    ///
    /// - Parameters:
    ///   - describes: whether it describes its rows itself, as in a simple query.
    ///   - formats: those of its rows.
    func runLocally(
        _ command: SessionCommand, describes: Bool, formats: FormatCodes = .all(.text), on access: SessionAccess
    ) throws(PostgresError) -> SessionStop? {
        try refuseWhenFailed(command)
        switch command {
        case .begin(let modes): try begin(modes)
        case .commit: return end(tag: "COMMIT", commits: true)
        case .rollback: return end(tag: "ROLLBACK", commits: false)
        case .savepoint, .rollbackTo, .release: try runSavepoint(command, on: access)
        case .setTransaction(let modes):
            try setModes(modes)
            output.commandComplete("SET")
        case .empty: output.emptyQueryResponse()
        case .cursor(.fetch(let name, let count, let isMove)):
            try fetch(name, count, isMove: isMove, describes: describes, formats: formats)
        case .alterSystem(let change):
            try refuseWithoutRole(command)
            return try carryOut(change, on: access)
        case .users(let change): return try carryOut(change, on: access)
        case .show(Self.usersTable): return try showUsers(on: access, describes: describes)
        case .prepared(.prepare(let name, let query, let types)):
            return try prepare(name, query, types, on: access)
        default: try runSetting(command, describes: describes)
        }
        return nil
    }

    private func begin(_ modes: SessionCommand.TransactionModes) throws(PostgresError) {
        if machine.transactionStatus != .idle {
            warn(.activeSQLTransaction, "there is already a transaction in progress")
        } else {
            if modes.isReadOnly == false, !node.takesWrites {
                throw PostgresError(
                    code: .readOnlySQLTransaction, message: "cannot set transaction read-write mode on a replica",
                    hint: "Write to its primary\(node.primaryHint).")
            }
            let isolation = settings.value(of: "default_transaction_isolation")?.lowercased()
            let isSnapshot = isolation == "serializable" || isolation == "repeatable read"
            block = Block(
                isReadOnly: settings.defaultsToReadOnly || !node.takesWrites, isSnapshot: isSnapshot,
                isolation: isolation)
            try setModes(modes)
            // What the query string has SET before its BEGIN belongs to the block, as in PostgreSQL.
            settingsBeforeBlock = settingsBeforeBlock ?? settings
            machine.transactionChanged(.inTransaction)
            if writerTransaction == .implicit { writerTransaction = .explicit }
        }
        output.commandComplete("BEGIN")
    }

    private func setModes(_ modes: SessionCommand.TransactionModes) throws(PostgresError) {
        guard block != nil else {
            return warn(.noActiveSQLTransaction, "SET TRANSACTION can only be used in transaction blocks")
        }
        if modes.isReadOnly == false, !node.takesWrites {
            throw PostgresError(
                code: .readOnlySQLTransaction, message: "cannot set transaction read-write mode on a replica")
        }
        if let isReadOnly = modes.isReadOnly { block?.isReadOnly = isReadOnly }
        if let isSnapshot = modes.isSnapshot {
            block?.isSnapshot = isSnapshot
            block?.isolation = modes.isolation
        }
        if let isDeferrable = modes.isDeferrable { block?.isDeferrable = isDeferrable }
        // A read-only block keeps its snapshot: it costs nothing here, and is what a report wants.
        if block?.isReadOnly == true { block?.isSnapshot = true }
    }

    /// COMMIT or ROLLBACK.
    private func end(tag: String, commits: Bool) -> SessionStop? {
        let succeeds = commits && machine.transactionStatus != .failed
        if writerTransaction != .none {
            endTag = succeeds ? tag : "ROLLBACK"
            return succeeds ? .transactionEnded : .transactionRolledBack
        }
        if machine.transactionStatus == .idle {
            warn(.noActiveSQLTransaction, "there is no transaction in progress")
        }
        leaveBlock(commits: succeeds)
        output.commandComplete(succeeds ? tag : "ROLLBACK")
        return nil
    }

    func leaveBlock(commits: Bool) {
        block = nil
        endBlockSettings(commits: commits)
        savepoints.removeAll()
        active = nil
        releaseReader()
        machine.transactionChanged(.idle)
    }

    private func runSavepoint(_ command: SessionCommand, on access: SessionAccess) throws(PostgresError) {
        guard machine.transactionStatus != .idle else {
            throw PostgresError(
                code: .noActiveSQLTransaction, message: "savepoints can only be used in transaction blocks")
        }
        // Before the first write there is nothing to save; the writer makes up for it when it comes to that.
        let writer: WriterConnection? = if case .writer(let writer) = access { writer } else { nil }
        do {
            switch command {
            case .savepoint(let name):
                try writer?.run(savepointStatement: "SAVEPOINT", name)
                savepoints.append(name)
                output.commandComplete("SAVEPOINT")
            case .release(let name):
                let place = try placeOfSavepoint(name)
                try writer?.run(savepointStatement: "RELEASE", name)
                savepoints.removeSubrange(place...)
                output.commandComplete("RELEASE")
            case .rollbackTo(let name):
                let place = try placeOfSavepoint(name)
                try writer?.run(savepointStatement: "ROLLBACK TO", name)
                savepoints.removeSubrange((place + 1)...)
                machine.transactionChanged(.inTransaction)
                output.commandComplete("ROLLBACK")
            default: preconditionFailure("not a savepoint's statement")
            }
        } catch let error as PostgresError {
            throw error
        } catch {
            throw PostgresError(mapping: error)
        }
    }

    private func placeOfSavepoint(_ name: String) throws(PostgresError) -> Int {
        guard let place = savepoints.lastIndex(of: name) else {
            throw PostgresError(
                code: .invalidSavepointSpecification, message: "savepoint \"\(name)\" does not exist")
        }
        return place
    }

    func warn(_ code: SQLState, _ message: String) {
        output.noticeResponse(PostgresError(severity: .warning, code: code, message: message))
    }
}

// The transaction on the writer.
extension SessionEngine {
    /// The writer is there: what follows runs in its savepoint.
    func writerArrived(_ writer: WriterConnection) throws {
        releaseReader()
        active = nil
        writerTransaction = machine.transactionStatus == .inTransaction ? .explicit : .implicit
        transactionMark = output.mark
        for name in savepoints { try writer.run(savepointStatement: "SAVEPOINT", name) }
    }

    /// Whether the client may have to be waited for while the transaction is open: what it has sent so far does not
    /// end it.
    var isInteractive: Bool {
        var outlook = TransactionOutlook(
            isOpen: machine.transactionStatus == .inTransaction, hasSavepoint: !savepoints.isEmpty)
        if copyIn != nil { outlook.copyBegins() }
        if let pending { outlook.see(pending) }
        if let query { outlook.see(query.statements) }
        for message in messages {
            outlook.see(message) {
                machine.statement($0)?.command
            } portal: {
                machine.portal($0)?.statement.command
            }
        }
        return outlook.staysOpen
    }

    /// The transaction on the writer has ended. What it answered counts, or is taken back and replaced by an error.
    func transactionCompleted(_ outcome: CommitOutcome) {
        let isExplicit = writerTransaction == .explicit
        let hadRun = writerTransaction != .none
        writerTransaction = .none
        switch outcome {
        case .committed:
            if isExplicit || endTag != nil { leaveBlock(commits: true) }
            if let endTag { output.commandComplete(endTag) }
        case .failed(is SessionRollback):
            if let endTag {
                leaveBlock(commits: false)
                output.commandComplete(endTag)
            } else {
                savepoints.removeAll()
            }
        case .failed(let error):
            // A write that was interrupted has taken its group with it; it says nothing of others to be told why.
            let told = cancellation ?? PostgresError(mapping: error)
            replaceAnswers(by: told, endsBlock: endTag != nil, hadRun: hadRun)
        case .inDoubt(let position, let reason):
            replaceAnswers(by: .inDoubt(position, reason), endsBlock: true, hadRun: hadRun)
        }
        endTag = nil
        cancellation = nil
    }

    private func replaceAnswers(by error: PostgresError, endsBlock: Bool, hadRun: Bool) {
        if hadRun { output.truncate(to: transactionMark) }
        if endsBlock || machine.transactionStatus == .idle {
            leaveBlock(commits: false)
        } else {
            savepoints.removeAll()
        }
        pending = nil
        _ = fail(error)
    }
}

/// Thrown to roll back a transaction on the writer because its session asked for it, or has told an error already.
struct SessionRollback: Error {}
