import Logging
import NIOConcurrencyHelpers

/// Does what the ``PoolStateMachine`` of a pool decides: under one lock it is told what happens, and what follows is done
/// outside of it. Every task that it starts belongs to one of the pool's places, or is its alarm.
///
/// Leases and tasks have this object, not the pool: whoever gives up the pool ends its alarm (``abandon()``), and this goes
/// when the last connection has come back and the last call of the driver has ended. The alarm could hold the pool weakly
/// instead, but then each reference to it would be counted in a table beside it.
final class PoolDriver: Sendable {
    typealias Machine = PoolStateMachine<any DataSourceConnection>
    typealias Continuation = CheckedContinuation<PoolLease, any Error>

    let configuration: PoolConfiguration
    let source: any DataSource
    let role: ServerRole?
    let whenUnreachable: UnreachablePolicy
    let metrics: PoolMetrics?
    let logger: Logger
    let state: NIOLockedValueBox<State>
    var name: String { source.name }

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
        /// Whether nobody has the pool any more.
        var isAbandoned = false
        /// Whoever waits for the end of the pool.
        var endWaiters: [CheckedContinuation<Void, Never>] = []
    }

    /// A call of the driver that runs, or is about to.
    struct Operation {
        let number: UInt64
        /// nil until it has been started.
        var task: Task<Void, Never>?
    }

    init(
        _ source: any DataSource, role: ServerRole?, configuration: PoolConfiguration,
        whenUnreachable: UnreachablePolicy, logger: Logger
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

    private static let numbers = NIOLockedValueBox<UInt32>(0)

    private static func nextNumber() -> UInt32 {
        numbers.withLockedValue { number in
            number &+= 1
            return number
        }
    }
}

extension PoolDriver {
    var status: PoolStatus {
        let now = Moment.now
        return state.withLockedValue { $0.machine.status(at: now) }
    }

    /// Closes the connection of a lease when it is returned, and asks idle ones before they are used.
    func ledAstray(_ lease: LeaseID, reason: String) {
        logger.info("closing a connection of the pool", metadata: ["reason": "\(reason)", "lease": "\(lease)"])
        handle { $0.ledAstray(lease, at: $1) }
    }

    func evictAll(reason: String) {
        logger.info("closing all connections of the pool", metadata: ["reason": "\(reason)"])
        handle { $0.allEvicted(at: $1) }
    }
}
