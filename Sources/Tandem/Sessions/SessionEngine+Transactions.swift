import PostgresWire
import TandemLog
import TandemReplication
import TandemSQLite

// What the session's own statements do, above all those of transactions.
extension SessionEngine {
    /// A statement that the session carries out itself.
    func runLocally(
        _ command: SessionCommand, _ request: RowRequest, on access: SessionAccess
    ) throws(PostgresError) -> SessionStop? {
        try refuseWhenFailed(command)
        switch command {
        case .begin(let modes): try begin(modes)
        case .commit(let chains): return try end("COMMIT", commits: true, chains: chains)
        case .rollback(let chains): return try end("ROLLBACK", commits: false, chains: chains)
        case .savepoint, .rollbackTo, .release: try runSavepoint(command, on: access)
        case .setTransaction(let modes):
            try setModes(modes)
            output.commandComplete("SET")
        case .empty: output.emptyQueryResponse()
        case .cursor(.fetch(let name, let count, let isMove)):
            return try fetch(name, count, isMove: isMove, request, on: access)
        case .alterSystem(let change):
            try refuseWithoutRole(command)
            return try carryOut(change, on: access)
        case .users(let change): return try carryOut(change, on: access)
        case .show(Self.usersTable): return try showUsers(on: access, request)
        case .prepared(.prepare(let name, let query, let types)):
            return try prepare(name, query, types, on: access)
        default: try runSetting(command, request)
        }
        return nil
    }

    private func begin(_ modes: SessionCommand.TransactionModes) throws(PostgresError) {
        if machine.transactionStatus != .idle {
            warn(.activeSQLTransaction, "there is already a transaction in progress")
        } else {
            if modes.isReadOnly == false, !node.takesWrites {
                throw refusalOfReplica("cannot set transaction read-write mode on a replica")
            }
            let isolation = settings.value(of: "default_transaction_isolation")?.lowercased()
            let isSnapshot = isolation == "serializable" || isolation == "repeatable read"
            enter(
                Block(
                    isReadOnly: settings.defaultsToReadOnly || !node.takesWrites,
                    isReadOnlyByChoice: settings.choseReadOnly, isSnapshot: isSnapshot, isolation: isolation))
            try setModes(modes)
            if writerTransaction == .implicit { writerTransaction = .explicit }
        }
        output.commandComplete("BEGIN")
    }

    private func setModes(_ modes: SessionCommand.TransactionModes) throws(PostgresError) {
        guard block != nil else {
            return warn(.noActiveSQLTransaction, "SET TRANSACTION can only be used in transaction blocks")
        }
        if modes.isReadOnly == false, !node.takesWrites {
            throw refusalOfReplica("cannot set transaction read-write mode on a replica")
        }
        if let isReadOnly = modes.isReadOnly {
            block?.isReadOnly = isReadOnly
            block?.isReadOnlyByChoice = isReadOnly
        }
        if let isSnapshot = modes.isSnapshot {
            block?.isSnapshot = isSnapshot
            block?.isolation = modes.isolation
        }
        if let isDeferrable = modes.isDeferrable { block?.isDeferrable = isDeferrable }
        // A read-only block keeps its snapshot: it costs nothing here, and is what a report wants.
        if block?.isReadOnly == true { block?.isSnapshot = true }
    }

    private func enter(_ block: Block) {
        self.block = block
        // What the query string has SET before its BEGIN belongs to the block, as in PostgreSQL.
        settingsBeforeBlock = settingsBeforeBlock ?? settings
        machine.transactionChanged(.inTransaction)
    }

    /// COMMIT or ROLLBACK, whose name is `words`.
    private func end(_ words: String, commits: Bool, chains: Bool) throws(PostgresError) -> SessionStop? {
        guard !chains || block != nil else {
            throw PostgresError(
                code: .noActiveSQLTransaction, message: "\(words) AND CHAIN can only be used in transaction blocks")
        }
        let succeeds = commits && machine.transactionStatus != .failed
        let tag = succeeds ? words : "ROLLBACK"
        chainedBlock = chains ? block : nil
        if writerTransaction != .none {
            endTag = tag
            return succeeds ? .transactionEnded : .transactionRolledBack
        }
        if machine.transactionStatus == .idle {
            warn(.noActiveSQLTransaction, "there is no transaction in progress")
        }
        blockEnded(tag, commits: succeeds)
        return nil
    }

    /// COMMIT or ROLLBACK has ended the block. Where it says AND CHAIN another one follows, of the same modes.
    func blockEnded(_ tag: String, commits: Bool) {
        leaveBlock(commits: commits)
        output.commandComplete(tag)
        if let block = chainedBlock { enter(block) }
    }

    func leaveBlock(commits: Bool) {
        block = nil
        endBlockSettings(commits: commits)
        releaseTransactionLocks()
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
                try checkSavepoint(name)
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
                // What was cancelled has been taken back; it is no reason for what becomes of the rest.
                cancellation = nil
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

    /// So many savepoints a transaction may have. pgjdbc's `autosave` makes one a statement, if it is not told to clean up.
    private static let maximumSavepoints = 65_536
    /// How long a savepoint's name may be, in bytes.
    private static let maximumSavepointName = 255

    private func checkSavepoint(_ name: String) throws(PostgresError) {
        guard name.utf8.count <= Self.maximumSavepointName else {
            throw PostgresError(
                code: SQLState("42622"),
                message: "the name of a savepoint is longer than \(Self.maximumSavepointName) bytes, the limit")
        }
        guard savepoints.count < Self.maximumSavepoints else {
            throw PostgresError(
                code: .configurationLimitExceeded,
                message: "a transaction may have at most \(Self.maximumSavepoints) savepoints",
                hint: "RELEASE those no longer needed.")
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
