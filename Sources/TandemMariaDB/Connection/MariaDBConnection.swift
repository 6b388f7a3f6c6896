import CMariaDB
import Logging
import TandemThreads
import TandemTransactions

/// A connection to a MariaDB server, on a thread of its own.
actor MariaDBConnection: HostConnection {
    nonisolated let server: String
    /// What the server was when the connection was made.
    nonisolated let role: ServerRole

    nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated let health = ConnectionHealth()

    let session: ServerSession
    let options: MariaDBOptions
    let logger: Logger
    /// Whether a lock that was not to be had in time ends its whole transaction.
    let lockTimeoutEndsTransaction: Bool
    /// The statements that are kept prepared, by their text.
    var cache: LeastRecentlyUsedCache<String, PreparedStatement>
    /// Statements that are not kept any more. They are closed before the next one runs: closing one while the answer to
    /// another is on its way would disturb that.
    var retired: [PreparedStatement] = []
    var transaction = TransactionState.none
    /// The position that the transaction has reached so far, should MariaDB have committed a part of it by itself.
    var reachedGTID: String?
    /// Whether a statement may have left something in the session.
    var hasTraces = false {
        didSet { if hasTraces != oldValue { health.needsReset(hasTraces) } }
    }
    /// What the session was set up with.
    var initialStatements: [Statement] = []
    var cursor: OpenCursor?
    var lastCursor = 0
    /// Whether it has been said that the user may not see the lag.
    var hasWarnedOfLag = false

    /// How long ROLLBACK and the like may take before the connection is given up. The server goes on alone.
    static let endingTime = Duration.seconds(30)

    // MARK: Making

    /// Connects to one host.
    static func connect(
        to host: ConnectionParameters.Host, _ parameters: ConnectionParameters, options: MariaDBOptions,
        logger: Logger, deadline: ContinuousClock.Instant
    ) async throws -> MariaDBConnection {
        try Task.checkCancellation()
        let executor: ThreadExecutor
        do { executor = try ThreadExecutor(name: "mariadb") } catch {
            throw MariaDBFailure.connectionLost("a connection needs a thread: \(error)")
        }
        return try await executor.start {
            let session = try ServerSession(to: host, parameters, on: executor)
            var watch = StatementWatch(deadline: deadline, isCancellable: true)
            let greeting: ServerGreeting
            do {
                try session.connect(&watch)
                greeting = try ServerGreeting(session, &watch)
            } catch {
                session.close()
                throw error
            }
            return MariaDBConnection(
                session, greeting, server: host.name, executor: executor, options: options, logger: logger)
        }
    }

    private init(
        _ session: sending ServerSession, _ greeting: ServerGreeting, server: String, executor: ThreadExecutor,
        options: MariaDBOptions, logger: Logger
    ) {
        session.cancelTimeout = options.cancelTimeout
        self.session = session
        self.server = server
        self.executor = executor
        self.options = options
        self.logger = logger
        role = greeting.role
        lockTimeoutEndsTransaction = greeting.lockTimeoutEndsTransaction
        cache = LeastRecentlyUsedCache(capacity: options.statementCacheSize)
    }

    deinit { executor.stop() }

    nonisolated var isUsable: Bool { health.isUsable }

    nonisolated var needsReset: Bool { options.alwaysResets || health.needsReset }

    /// Whether statements can be sent: where the server has changed its role, the transaction must still be ended.
    nonisolated var isOpen: Bool { health.isOpen }
}
