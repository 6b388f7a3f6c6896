import Logging
import NIOConcurrencyHelpers
import ServiceLifecycle

/// Connections to one data source, kept and handed out one at a time.
///
/// A ``Database`` has one for each of its servers. It works as soon as it is made, and then makes connections when they
/// are asked for; while ``run()`` runs it also keeps ``PoolConfiguration/minimumIdle`` of them ready.
///
/// All decisions are those of a state machine without I/O (`PoolStateMachine`), taken under one lock; what they lead to is
/// done outside of it. Every task that the pool starts belongs to one of its places, or is its alarm.
public final class ConnectionPool: Service {
    typealias Machine = PoolStateMachine<any DataSourceConnection>
    typealias Continuation = CheckedContinuation<PoolLease, any Error>

    /// The servers, for people.
    public var name: String { source.name }
    /// Its limits, as it was made.
    public let configuration: PoolConfiguration
    let source: any DataSource
    let role: ServerRole?
    let whenUnreachable: UnreachablePolicy
    let metrics: PoolMetrics?
    let logger: Logger
    let state: NIOLockedValueBox<State>

    struct State {
        var machine: Machine
        /// Whoever waits for a connection: exactly the requests in the machine's queue.
        var waiters: [PoolWaiterID: Continuation] = [:]
        var lastWaiter: UInt64 = 0
        /// What is being done for each place.
        var operations: [PoolSlotID: Operation] = [:]
        var lastOperation: UInt64 = 0
        /// Where the connection leads that was made last; nil before the first.
        var lastServer: String?
        /// When the alarm goes off; nil while none is set.
        var alarm: Moment?
        var alarmTask: Task<Void, Never>?
        /// Whoever waits for the end of the pool.
        var endWaiters: [CheckedContinuation<Void, Never>] = []
    }

    /// A call of the driver that runs, or is about to.
    struct Operation {
        let number: UInt64
        /// nil until it has been started.
        var task: Task<Void, Never>?
    }

    /// A pool without connections: they are made when they are asked for, or once ``run()`` runs.
    ///
    /// - Parameters:
    ///   - source: makes the connections.
    ///   - role: what the server must be to be connected to; nil for whatever it is.
    ///   - configuration: its limits.
    ///   - logger: told of leaks and of unreachable servers, at `warning`, and of single connections, at `debug`.
    public convenience init(
        _ source: any DataSource, role: ServerRole? = nil, configuration: PoolConfiguration = .default,
        logger: Logger = Logger(label: "tandem.pool")
    ) {
        self.init(source, role: role, configuration: configuration, whenUnreachable: .wait, logger: logger)
    }

    init(
        _ source: any DataSource, role: ServerRole?, configuration: PoolConfiguration,
        whenUnreachable: UnreachablePolicy, logger: Logger = Logger(label: "tandem.pool")
    ) {
        self.source = source
        self.role = role
        self.configuration = configuration
        self.whenUnreachable = whenUnreachable
        metrics = PoolMetrics(pool: source.name, role: role)
        var logger = logger
        logger[metadataKey: "pool"] = "\(source.name)"
        self.logger = logger
        state = NIOLockedValueBox(
            State(
                machine: Machine(
                    configuration: configuration, name: source.name, number: Self.nextNumber(),
                    seed: .random(in: 0...UInt64.max), now: .now)))
    }

    deinit { state.withLockedValue { $0.alarmTask }?.cancel() }

    private static let numbers = NIOLockedValueBox<UInt32>(0)

    private static func nextNumber() -> UInt32 {
        numbers.withLockedValue { number in
            number &+= 1
            return number
        }
    }
}

extension ConnectionPool {
    /// What the pool is doing.
    public var status: PoolStatus {
        let now = Moment.now
        return state.withLockedValue { $0.machine.status(at: now) }
    }

    /// Closes the connection of a lease when it is returned, and asks idle ones before they are used.
    func ledAstray(_ lease: LeaseID, reason: String) {
        logger.info("closing a connection of the pool", metadata: ["reason": "\(reason)", "lease": "\(lease)"])
        handle { $0.ledAstray(lease, at: $1) }
    }

    /// Closes all connections, those in use when they are returned, because they lead to where they should not lead any
    /// more: after a change of roles, or of a password.
    ///
    /// - Parameter reason: for the log.
    public func evictAll(reason: String) {
        logger.info("closing all connections of the pool", metadata: ["reason": "\(reason)"])
        handle { $0.allEvicted(at: $1) }
    }
}
