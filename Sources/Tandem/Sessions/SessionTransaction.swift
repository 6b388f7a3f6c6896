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
    let mailbox = TransactionMailbox<FrontendMessage>()
    let isInteractive: Bool
    let waitDeadline: ContinuousClock.Instant?
    /// The session's setting; nothing once the client has cancelled.
    var commitTimeout: Duration? { isCancelled.withLockedValue { $0 } ? .zero : givenCommitTimeout }
    private let givenCommitTimeout: Duration?
    private let isCancelled = NIOLockedValueBox(false)
    private let idleTimeout: Duration?

    init(session: NIOLoopBound<Session>, eventLoop: any EventLoop, engine: SessionEngine) {
        self.session = session
        self.eventLoop = eventLoop
        self.engine = engine
        isInteractive = engine.isInteractive
        waitDeadline = engine.settings.lockTimeout.map { .now + $0 }
        givenCommitTimeout = engine.settings.commitTimeout
        idleTimeout = engine.settings.idleInTransactionTimeout
    }

    /// The client wants to wait for the commit no longer.
    func cancelWait() {
        isCancelled.withLockedValue { $0 = true }
        engine.node.database.commitTimeoutChanged()
    }

    func execute(on connection: WriterConnection) throws {
        try engine.writerArrived(connection)
        while true {
            switch engine.run(on: .writer(connection)) {
            case .transactionEnded: return
            case .transactionRolledBack: throw SessionRollback()
            case .needsReader, .needsWriter: preconditionFailure("on the writer everything can be run")
            case .finished: try waitForMore()
            }
        }
    }

    /// What has been answered so far goes out: the group's first transaction has seen nothing unacknowledged. Then
    /// the client is waited for, within a bound, because everyone else waits for it.
    private func waitForMore() throws {
        engine.send()
        switch mailbox.take(timeout: idleTimeout) {
        case .messages(let messages): engine.messages.append(contentsOf: messages)
        case .closed: throw SessionRollback()
        case .timedOut:
            engine.output.errorResponse(
                PostgresError(
                    severity: .fatal, code: .idleInTransactionSessionTimeout,
                    message: "terminating connection due to idle-in-transaction timeout",
                    hint: "An open transaction that has written keeps all other writers waiting."))
            engine.isClosing = true
            throw SessionRollback()
        }
    }

    func threadStops() { mailbox.close() }

    func commitIsWaiting(_ position: Position?) {
        var notice = BackendMessages()
        notice.noticeResponse(
            PostgresError(
                severity: .notice, code: .successfulCompletion,
                message: "the commit waits for replicas to acknowledge it\(engine.node.waitDescription)",
                detail: position.map { "The transaction's position is \($0)" },
                hint: "SET tandem.commit_timeout limits the wait; SHOW tandem.members shows the replicas."))
        engine.channel.send(notice.take())
    }
}
