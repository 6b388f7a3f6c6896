import PostgresWire
import TandemLog
import TandemReplication
import TandemSQLite

// The transaction on the writer.
extension SessionEngine {
    /// The writer is there: what follows runs in its savepoint.
    func writerArrived(_ writer: WriterConnection) throws {
        releaseReader()
        active = nil
        writerTransaction = machine.transactionStatus == .inTransaction ? .explicit : .implicit
        transactionMark = output.mark
        waitedForClient = .zero
        for name in savepoints { try writer.run(savepointStatement: "SAVEPOINT", name) }
    }

    /// What the transaction on the writer will be, as far as the client has sent it: whether the client may have to be
    /// waited for while it is open, and whether it opens a group of its own.
    var outlook: TransactionOutlook {
        var outlook = TransactionOutlook(
            isOpen: machine.transactionStatus == .inTransaction, hasSavepoint: !savepoints.isEmpty,
            loners: node.loneStatements)
        if let copyIn {
            outlook.copyBegins()
            outlook.note(copyIn.statement)
        }
        if let pending { outlook.see(pending) { machine.statement($0) } }
        if let query { outlook.see(query.statements) { machine.statement($0) } }
        for message in messages {
            outlook.see(message) {
                machine.statement($0)
            } portal: {
                machine.portal($0)?.statement
            }
        }
        return outlook
    }

    /// What NOWAIT waits at most: that others are just committing is no lock.
    static let nowait = Duration.milliseconds(100)

    /// How long the statement at hand may wait for the writer; nil for as long as it takes.
    var lockTimeout: Duration? {
        let statement: SessionStatement? =
            switch pending {
            case .execute(let portal, _, _)?: portal.statement
            case .describePortal(let portal)?: portal.statement
            default: query?.statements.first
            }
        guard let statement, isNowait(statement) else { return settings.lockTimeout }
        return min(settings.lockTimeout ?? Self.nowait, Self.nowait)
    }

    /// An EXECUTE waits as what it runs.
    private func isNowait(_ statement: SessionStatement) -> Bool {
        guard case .prepared(.execute(let name, _)) = statement.command else { return statement.isNowait }
        return machine.statement(name)?.isNowait == true
    }

    /// The transaction on the writer has ended. What it answered counts, or is taken back and replaced by an error.
    func transactionCompleted(_ outcome: CommitOutcome) {
        let isExplicit = writerTransaction == .explicit
        let hadRun = writerTransaction != .none
        writerTransaction = .none
        switch outcome {
        case .committed:
            if let endTag {
                blockEnded(endTag, commits: true)
            } else if isExplicit {
                leaveBlock(commits: true)
            }
        case .failed(is SessionRollback):
            if let endTag {
                blockEnded(endTag, commits: false)
            } else {
                // What was answered and is not sent has not happened.
                if isCutOff { output.truncate(to: transactionMark) }
                savepoints.removeAll()
            }
        case .failed(DatabaseThreadError.noLongerPrimary):
            var told = PostgresError(mapping: DatabaseThreadError.noLongerPrimary)
            // A COPY or a pipeline is cut off in its middle: the session cannot go on.
            if isCutOff { told.severity = .fatal }
            replaceAnswers(by: told, endsBlock: endTag != nil, hadRun: hadRun)
        case .failed(let error):
            // A write that was interrupted has taken its group with it; it says nothing of others to be told why.
            let told = cancellation ?? PostgresError(mapping: error)
            replaceAnswers(by: told, endsBlock: endTag != nil, hadRun: hadRun)
        case .inDoubt(let position, let reason):
            replaceAnswers(by: .inDoubt(position, reason), endsBlock: true, hadRun: hadRun)
        }
        endTag = nil
        chainedBlock = nil
        cancellation = nil
        deadline = nil
    }

    private func replaceAnswers(by error: PostgresError, endsBlock: Bool, hadRun: Bool) {
        if hadRun { output.truncate(to: transactionMark) }
        if endsBlock || machine.transactionStatus == .idle {
            leaveBlock(commits: false)
        } else if hadRun {
            // Else it has only waited: the writer makes the savepoints when it comes.
            savepoints.removeAll()
        }
        pending = nil
        _ = fail(error)
    }
}

/// Thrown to roll back a transaction on the writer because its session asked for it, or has told an error already.
struct SessionRollback: Error {}
