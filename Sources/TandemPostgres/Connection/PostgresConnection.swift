import CPQ
import Logging
import TandemThreads
import TandemTransactions

/// A connection to a PostgreSQL server or a Tandem node, with a thread of its own for what takes its time.
///
/// BEGIN goes out together with the first statement behind it, the question for a commit's position together with
/// COMMIT: neither costs a round trip. A failure of BEGIN shows at that statement.
actor PostgresConnection: HostConnection {
    nonisolated let server: String
    nonisolated let kind: ServerKind
    /// What the server was when the connection was made.
    nonisolated let role: ServerRole

    nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated let health = ConnectionHealth()

    let options: PostgresOptions
    let link: ServerLink
    var cache: StatementCache
    var traces = SessionTraces() {
        didSet { if traces.needsReset != oldValue.needsReset { health.needsReset(traces.needsReset) } }
    }
    /// Whether a transaction has been begun here, and not been ended here.
    var isInTransaction = false
    /// BEGIN, which waits for the first statement.
    var pendingBegin: String?
    var isReadOnly = false
    /// Whether the transaction under way may have written, as far as can be told from here: on PostgreSQL queries may, by
    /// their functions.
    var mayHaveWritten = false
    /// How soon the end of a transaction is answered that has kept nothing.
    let endPace = AnswerPace()
    /// The cursor that is open, and its statement's watch.
    var cursor: OpenCursor?
    var lastCursor = 0
    /// What the session was set up with.
    var initialCalls: [StatementCall] = []

    /// Connects to one host.
    static func connect(
        _ parameters: [(String, String)], server: String, options: PostgresOptions, logger: Logger,
        deadline: ContinuousClock.Instant
    ) async throws -> PostgresConnection {
        let executor: ThreadExecutor
        do { executor = try ThreadExecutor(name: "postgres") } catch {
            throw PostgresFailure.connectionLost("a connection needs a thread: \(error)")
        }
        return try await executor.start {
            let link = try ServerLink(parameters, executor: executor, logger: logger, deadline: deadline)
            let greeting = try ServerGreeting(link, deadline: deadline)
            return PostgresConnection(link, greeting, server: server, options: options, executor: executor)
        }
    }

    private init(
        _ link: sending ServerLink, _ greeting: ServerGreeting, server: String, options: PostgresOptions,
        executor: ThreadExecutor
    ) {
        link.cancelTimeout = options.cancelTimeout
        self.link = link
        self.server = server
        self.options = options
        self.executor = executor
        kind = greeting.kind
        role = greeting.role
        cache = StatementCache(capacity: options.statementCacheSize)
    }

    deinit { executor.stop() }

    nonisolated var isUsable: Bool { health.isUsable }

    nonisolated var needsReset: Bool { options.alwaysResets || health.needsReset }

    // MARK: Life

    func reset() async {
        do {
            try closeCursorIfOpen()
            try endTransactionIfOpen()
            try removeTraces()
            try deallocateEvicted()
        } catch {
            shut()
        }
    }

    func validate(deadline: ContinuousClock.Instant) async -> Bool {
        guard cursor == nil else { return isUsable }
        // One that does not answer is not wanted any more: a cancel request would only take longer.
        let answer = try? await cancellable {
            try self.run(
                [.query("", .none, binary: false)], StatementWatch(deadline: deadline, isCancellable: true),
                atInterruption: .abandon)
        }
        return answer != nil && isUsable
    }

    func close() async { shut() }

    func shut() {
        link.close()
        cursor = nil
        health.closed()
    }

    private func endTransactionIfOpen() throws {
        transactionEnded()
        switch link.transactionStatus {
        case PQTRANS_IDLE: return
        case PQTRANS_INTRANS, PQTRANS_INERROR: try rollBackNow()
        default: throw PostgresFailure.connectionLost("the connection is in an unknown state")
        }
    }

    /// Nothing where the session is clean, which it nearly always is.
    private func removeTraces() throws {
        if traces.areLeft || options.alwaysResets {
            try runInternally("DISCARD ALL")
            cache.becameEmpty()
            try runInitialCalls(StatementWatch(deadline: .now + Self.endingTime, isCancellable: false))
        } else if traces.statementsMayBeGone {
            cache.becameEmpty()
            try runInternally("DEALLOCATE ALL")
            traces.statementsWereForgotten()
        }
    }

    private func deallocateEvicted() throws {
        guard cache.evicted.count >= options.statementCacheSize / 8 + 1 else { return }
        let steps = cache.takeEvicted().map { LinkStep.query("DEALLOCATE \($0)", .none, binary: false) }
        for outcome in try run(steps, StatementWatch(deadline: .now + Self.endingTime, isCancellable: false)).outcomes {
            if case .failure(let result) = outcome { throw PostgresFailure.error(result, hasParameters: false) }
        }
    }

    /// How long ROLLBACK and the like may take before the connection is given up.
    static let endingTime = Duration.seconds(10)
}
