import NIOCore
import PostgresWire
import TandemLog
import TandemSQLite

/// What a session is made of, and how it answers: the part that travels from thread to thread with the work.
///
/// At any moment one thread owns it: the event loop while nothing runs, else the reader thread or the database thread
/// that runs its steps; it is handed over by the queues between them, which is what protects it.
final class SessionEngine: @unchecked Sendable {
    /// The transaction block BEGIN has opened.
    struct Block {
        var isReadOnly: Bool
        /// Whether the client has said that it is read-only, and not the node that is a replica.
        var isReadOnlyByChoice = false
        /// Whether all of it must see one state.
        var isSnapshot: Bool
        /// What the client calls that; nil if it has not said.
        var isolation: String?
        /// What the client has said of DEFERRABLE, which means nothing here: no snapshot has to be waited for.
        var isDeferrable: Bool?
    }

    /// Which transaction of the session the writer is in.
    enum WriterTransaction {
        case none
        /// A statement, pipeline or query string without BEGIN: it ends with what the client sent.
        case implicit
        case explicit
    }

    /// A query string of which some statements are still to be run.
    struct QueryRun {
        var statements: ArraySlice<SessionStatement>
    }

    let node: NodeServices
    let channel: PostgresChannel
    var user: SessionUser
    let record: SessionRecord
    /// Whether the node took writes when the session was opened.
    let beganOnPrimary: Bool
    var settings: SessionSettings
    /// The settings as they were before a SET LOCAL of the block; nil if there was none.
    var settingsBeforeLocal: SessionSettings?
    /// The settings as they were when the block began: what a rollback takes back.
    var settingsBeforeBlock: SessionSettings?
    var machine = SessionStateMachine<SessionStatement, SessionPortal>()
    var output = BackendMessages(usualCapacity: 256)

    /// Received, not yet looked at.
    var messages = CircularBuffer<FrontendMessage>()
    /// Whether it is on the thread for long statements.
    var isOnParser = false
    /// The statement of a Parse that was read there, and is to be checked elsewhere.
    var parsed: SessionStatement?
    /// Looked at, but to be done elsewhere.
    var pending: SessionStateMachine<SessionStatement, SessionPortal>.Action?
    var query: QueryRun?

    var block: Block?
    /// The savepoints of the block, the innermost last.
    var savepoints: [String] = []
    var writerTransaction = WriterTransaction.none
    /// The tag of the COMMIT or ROLLBACK that ended the transaction on the writer; answered once it has happened.
    var endTag: String?
    /// The block that follows the one which that COMMIT or ROLLBACK ends; nil for none.
    var chainedBlock: Block?
    /// Where the answers of the transaction on the writer begin: taken back if it does not commit.
    var transactionMark = BackendMessages().mark
    /// What these take of what all sessions may hold; nil for nothing.
    var withheld: AnswerHold?
    /// What the session's prepared statements and portals take of it; nil for nothing.
    var preparedHold: AnswerHold?
    /// The holds of rows that are all fetched, and on their way to the client.
    var fetched: [AnswerHold] = []
    /// The error of a statement on the writer that was cancelled, or took too long.
    var cancellation: PostgresError?
    /// The reader a read-only block keeps, with its snapshot.
    var heldReader: ReaderConnection?
    /// What may stop the steps that run on a reader.
    var interrupt: SessionInterrupt?
    /// What ends the session while its transaction is on the writer; nil while none is.
    var sessionEnd: SessionEnd?
    /// What the statement at hand asked to happen to its own session, or the error that a function of the session raised
    /// in it.
    var ownSignal: PostgresError?
    /// What is known of query strings sent before.
    var queryPaces = QueryPaces()
    /// A query whose first row was computed to describe it.
    var active: ActiveQuery?
    /// When `statement_timeout` ends the statement for which the writer was asked; nil for never, and once it has run.
    var deadline: ContinuousClock.Instant?
    /// The COPY whose rows the client is sending.
    var copyIn: CopyIn?
    var values = SessionValues()
    /// The keys of the rows that the session has inserted.
    var keys = GeneratedKeys()
    /// What the session asks of advisory locks; nil before it has.
    var advisoryCalls: AdvisoryCalls?
    /// Where the answer of the statement at hand begins, and what had been sent by then.
    var statementStart = (mark: BackendMessages().mark, piecesSent: 0)
    /// How many pieces of answers were sent before their statement was at its end.
    var piecesSent = 0
    /// How long the transaction on the writer has waited for its client to take what it was answered.
    var waitedForClient = Duration.zero
    /// Whether the connection is to be closed once the output is sent.
    var isClosing = false
    /// Whether the open transaction was rolled back because the session, the node or its reign is to end. Nothing that
    /// the client has sent is run any more: its COMMIT would be acknowledged.
    var isCutOff = false

    init(
        node: NodeServices, channel: PostgresChannel, user: SessionUser, record: SessionRecord,
        settings: SessionSettings
    ) {
        self.user = user
        self.node = node
        self.channel = channel
        self.record = record
        self.settings = settings
        beganOnPrimary = !settings.isReplica
    }

    /// Whether writes are refused: on a replica, in maintenance, of a user without the role, in a read-only block, by
    /// default_transaction_read_only.
    var isReadOnly: Bool {
        !node.takesWrites || node.maintenance.isOn || !user.roles.contains(.write)
            || (block?.isReadOnly ?? settings.defaultsToReadOnly)
    }

    // MARK: Running

    /// Answers what was received as far as it can be done here.
    func run(on access: SessionAccess) -> SessionStop {
        while !isClosing, !isCutOff {
            if mustEnd {
                isCutOff = true
                break
            }
            if mustPause(on: access) { return .outputIsFull }
            if let action = pending {
                pending = nil
                if let stop = perform(action, on: access) { return stop }
            } else if query != nil, copyIn == nil {
                if let stop = continueQuery(on: access) { return stop }
            } else if let message = messages.popFirst() {
                if let stop = perform(machine.messageReceived(message), on: access) { return stop }
            } else {
                return .finished
            }
        }
        return writerTransaction == .none ? .finished : .transactionRolledBack
    }

    /// Whether the session ends while its work is on another thread.
    private var mustEnd: Bool {
        if let sessionEnd, sessionEnd.hasCome { return true }
        if let interrupt, interrupt.endsSession { return true }
        return false
    }

    /// Does what a message asks for, or leaves it pending for where it can be done.
    private func perform(
        _ action: SessionStateMachine<SessionStatement, SessionPortal>.Action, on access: SessionAccess
    ) -> SessionStop? {
        do throws(PostgresError) {
            if let stop = try attempt(action, on: access) {
                switch stop {
                case .needsParser, .needsReader, .needsWriter, .needsLock: pending = action
                case .finished, .outputIsFull, .transactionEnded, .transactionRolledBack:
                    if endsLater(action, stop) { pending = action }
                }
                return stop
            }
            return nil
        } catch {
            guard awaitsAdvisoryLock() else { return fail(error) }
            pending = action
            return .needsLock
        }
    }

    /// A Sync that ends the transaction on the writer is answered after the commit.
    private func endsLater(
        _ action: SessionStateMachine<SessionStatement, SessionPortal>.Action, _ stop: SessionStop
    ) -> Bool {
        if case .sync = action { return stop == .transactionEnded }
        return false
    }

    private func attempt(
        _ action: SessionStateMachine<SessionStatement, SessionPortal>.Action, on access: SessionAccess
    ) throws(PostgresError) -> SessionStop? {
        if needsParser(action, on: access) { return .needsParser }
        if case .writer = access, mayWait(before: action) { try relieveIfFull(access) }
        switch action {
        case .ignore: return nil
        case .query(let sql): try beginQuery(sql)
        case .prepare(let parse): return try prepare(parse, on: access)
        case .bind(let bind, let statement): try self.bind(bind, statement)
        case .describeStatement(let statement): return try describe(statement, on: access)
        case .describePortal(let portal): return try describe(portal, on: access)
        case .execute(let portal, let name, let maximumRows):
            return try execute(portal, named: name, maximumRows: maximumRows, on: access)
        case .closed: output.closeComplete()
        case .flush:
            guard writerTransaction == .none else { return nil }
            send()
            if !channel.isWritable { return .outputIsFull }
        case .sync:
            if writerTransaction == .implicit { return .transactionEnded }
            ready()
        case .copyData(let message): return try copyDataReceived(message, on: access)
        case .copyDone: return try copyDoneReceived(on: access)
        case .fail(let error, let after): return answer(error, after)
        case .terminate: isClosing = true
        }
        return nil
    }
}
