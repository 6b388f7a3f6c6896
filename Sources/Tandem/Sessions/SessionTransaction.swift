import NIOConcurrencyHelpers
import NIOCore
import PostgresWire
import TandemLog
import TandemReplication
import TandemSQLite

/// A session's transaction on the writer: an implicit one, or a block from its first write on.
final class SessionTransaction: WriteTransaction {
    let session: NIOLoopBound<Session>
    let eventLoop: any EventLoop
    let engine: SessionEngine
    let mailbox = TransactionMailbox<MessageQueue>()
    private let backlog = NIOLockedValueBox(Backlog())
    let isInteractive: Bool
    let opensGroup: Bool
    let waitDeadline: ContinuousClock.Instant?
    /// The session's setting; nothing once the client has cancelled.
    var commitTimeout: Duration? { isCancelled.withLockedValue { $0 } ? .zero : givenCommitTimeout }
    private let givenCommitTimeout: Duration?
    private let isCancelled = NIOLockedValueBox(false)
    /// Ends what its client waits for while it is open: rows that are sent, and a COPY's.
    private let interrupt = SessionInterrupt()
    private let sessionEnd = SessionEnd()
    private let idleTimeout: Duration?

    init(session: NIOLoopBound<Session>, eventLoop: any EventLoop, engine: SessionEngine) {
        self.session = session
        self.eventLoop = eventLoop
        self.engine = engine
        let outlook = engine.outlook
        isInteractive = outlook.staysOpen
        opensGroup = outlook.staysOpen || outlook.opensGroup
        waitDeadline = engine.lockTimeout.map { .now + $0 }
        givenCommitTimeout = engine.settings.commitTimeout
        idleTimeout = engine.settings.idleInTransactionTimeout
    }

    /// What lies in the mailbox.
    private struct Backlog {
        var byteCount = 0
        /// Whether messages were not taken, because enough lay there.
        var hasRefused = false
    }

    /// Hands messages to the database thread.
    ///
    /// - Returns: false if more than enough lie there, or none is taken any more; they stay in `queue` then. In the first
    ///   case the session is told when to come again.
    func deliver(_ queue: inout MessageQueue) -> Bool {
        let accepts = backlog.withLockedValue { backlog in
            backlog.hasRefused = backlog.byteCount >= MessageQueue.maximumByteCount
            if !backlog.hasRefused { backlog.byteCount += queue.byteCount }
            return !backlog.hasRefused
        }
        guard accepts, mailbox.deliver(queue) else { return false }
        queue = MessageQueue()
        return true
    }

    /// The client wants to wait for the commit no longer.
    func cancelWait() {
        isCancelled.withLockedValue { $0 = true }
        engine.node.database.commitTimeoutChanged()
    }

    /// The client wants what it waits for to end. A statement is interrupted where it runs; this is for what lies between
    /// two of its steps: a COPY's rows that come, and rows that wait to be sent.
    func cancelExchange(_ reason: PostgresError) {
        interrupt.cancel(reason)
        mailbox.deliver(MessageQueue())
    }

    /// The session ends: what runs for it is rolled back, unless it is on its way into the log already.
    func sessionEnds(_ reason: PostgresError) {
        sessionEnd.come(reason)
        mailbox.abandon()
    }

    func execute(on connection: WriterConnection) throws {
        // They belong to this thread, whatever ends the transaction.
        defer { engine.releaseStatements() }
        if isInteractive { engine.interrupt = interrupt }
        engine.sessionEnd = sessionEnd
        defer {
            engine.interrupt = nil
            engine.sessionEnd = nil
        }
        try engine.writerArrived(connection)
        while true {
            switch engine.run(on: .writer(connection)) {
            case .transactionEnded: return
            case .transactionRolledBack: throw SessionRollback()
            case .needsParser, .needsReader, .needsWriter, .needsLock, .outputIsFull:
                preconditionFailure("on the writer everything can be run")
            case .finished: try waitForMore(connection)
            }
        }
    }

    /// What has been answered so far goes out: the group's first transaction has seen nothing unacknowledged. Then
    /// the client is waited for, within a bound, because everyone else waits for it.
    private func waitForMore(_ connection: WriterConnection) throws {
        guard isInteractive else { throw PostgresError.endIsMissing }
        do {
            try engine.sendAndWaitForClient(connection)
        } catch {
            _ = engine.fail(error)
            throw SessionRollback()
        }
        let copyTimeout = engine.copyIn?.deadline.map { ContinuousClock.now.duration(to: $0) }
        let delivery = mailbox.take(timeout: [idleTimeout, copyTimeout].compactMap(\.self).min())
        try cancelCopyIfAsked()
        switch delivery {
        case .messages(let queues): take(queues)
        case .closed:
            engine.isCutOff = true
            throw SessionRollback()
        case .timedOut where engine.copyIn?.deadline.map({ $0 <= .now }) == true: try failCopy(.timedOut)
        case .timedOut:
            engine.output.errorResponse(
                .idleInTransaction(hint: "An open transaction that has written keeps all other writers waiting."))
            engine.isClosing = true
            throw SessionRollback()
        }
    }

    /// Between two rows there is no statement that SQLite could interrupt.
    private func cancelCopyIfAsked() throws {
        guard let reason = interrupt.takeCancellation(), engine.copyIn != nil else { return }
        try failCopy(reason)
    }

    private func failCopy(_ reason: PostgresError) throws {
        if engine.fail(reason) == .transactionRolledBack { throw SessionRollback() }
    }

    private func take(_ queues: CircularBuffer<MessageQueue>) {
        var byteCount = 0
        for var queue in queues {
            byteCount += queue.byteCount
            engine.messages.append(contentsOf: queue.takeAll())
        }
        let hasRefused = backlog.withLockedValue { backlog in
            backlog.byteCount -= byteCount
            return backlog.hasRefused
        }
        guard hasRefused else { return }
        eventLoop.execute { [session] in session.value.writerTookMessages() }
    }

    func threadStops() { sessionEnds(.adminShutdown) }
    // What the client has sent is answered by its session where that goes on.
    func reignEnds() { mailbox.end() }

    func commitIsWaiting(_ position: Position?) {
        notify(
            "the commit waits for replicas to acknowledge it",
            detail: position.map { "The transaction's position is \($0)" })
    }

    func turnIsWaiting() {
        notify("the transaction waits for its turn behind a commit that waits for replicas to acknowledge it")
    }

    private func notify(_ message: String, detail: String? = nil) {
        var notice = BackendMessages()
        notice.noticeResponse(
            PostgresError(
                severity: .notice, code: .successfulCompletion, message: message + engine.node.waitDescription,
                detail: detail,
                hint: "SET tandem.commit_timeout limits the wait; SHOW tandem.members shows the replicas."))
        engine.channel.send(notice.take())
    }
}

extension PostgresError {
    /// A transaction that shares its group with others cannot wait for its client.
    fileprivate static var endIsMissing: PostgresError {
        PostgresError(
            code: .serializationFailure,
            message: "the transaction was rolled back, because its end was not among what the client had sent",
            hint: "Run the transaction again.")
    }
}
