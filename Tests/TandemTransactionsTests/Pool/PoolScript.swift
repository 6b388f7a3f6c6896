@testable import TandemTransactions

/// Tells a pool's machine what happened, in a test's words, and puts what it answers into words. Its clock stands still
/// unless it is moved; connections are numbered as they are made.
struct PoolScript {
    typealias Machine = PoolStateMachine<Int>

    var machine: Machine
    private(set) var now = Moment.now
    private(set) var lastGranted: LeaseID?
    private var connections = 0
    private let acquireTimeout: Duration

    struct Unreachable: Error {}

    init(
        maximumSize: Int, minimumIdle: Int? = nil, acquireTimeout: Duration = .seconds(30),
        idleTimeout: Duration? = .seconds(600), maximumLifetime: Duration? = .seconds(1800),
        keepAliveInterval: Duration? = .seconds(120), leakDetectionThreshold: Duration? = nil,
        initializationFailTimeout: Duration? = .seconds(1)
    ) throws {
        let configuration = try PoolConfiguration(
            maximumSize: maximumSize, minimumIdle: minimumIdle, acquireTimeout: acquireTimeout,
            idleTimeout: idleTimeout, maximumLifetime: maximumLifetime, keepAliveInterval: keepAliveInterval,
            leakDetectionThreshold: leakDetectionThreshold, initializationFailTimeout: initializationFailTimeout)
        self.acquireTimeout = acquireTimeout
        machine = Machine(configuration: configuration, name: "test", number: 1, seed: 1, now: now)
    }

    // MARK: Events

    mutating func event(_ event: (inout Machine, Moment) -> [Machine.Action]) -> [String] {
        event(&machine, now).map { words(for: $0) }
    }

    mutating func request(_ id: Int, holding: [LeaseID] = [], failsWhenUnreachable: Bool = false) -> [String] {
        let request = PoolRequest(
            acquirer: Acquirer(transaction: "T\(id)"), holding: holding, askedAt: now, deadline: now + acquireTimeout,
            failsWhenUnreachableFrom: failsWhenUnreachable ? now : nil)
        return event { $0.requested(PoolWaiterID(number: UInt64(id)), request, at: $1) }
    }

    mutating func idleRequested() -> Machine.Lease? { machine.idleRequested(by: Acquirer(), at: now) }

    mutating func start() -> [String] { event { $0.started(at: $1) } }

    mutating func connected(_ index: Int) -> [String] {
        let (id, connection) = (machine.id(of: index), connections)
        connections += 1
        return event { $0.connected(id, connection, at: $1) }
    }

    mutating func connectFailed(_ index: Int) -> [String] {
        let id = machine.id(of: index)
        return event { $0.connectFailed(id, Unreachable(), at: $1) }
    }

    mutating func checked(_ index: Int, _ connection: Int, isUsable: Bool = true) -> [String] {
        let id = machine.id(of: index)
        return event { $0.checked(id, connection, isUsable: isUsable, at: $1) }
    }

    mutating func closed(_ index: Int) -> [String] {
        let id = machine.id(of: index)
        return event { $0.closed(id, at: $1) }
    }

    /// Returns a connection as it was taken; false where the pool has more to do with it.
    mutating func rest(_ lease: LeaseID) -> Bool { machine.returnedToRest(lease, at: now) }

    mutating func release(_ lease: LeaseID, as condition: PoolLease.Condition = .clean) -> [String] {
        event { $0.returned(lease, as: condition, at: $1) }
    }

    mutating func cancel(_ id: Int) -> [String] {
        event { $0.cancelled(PoolWaiterID(number: UInt64(id)), at: $1) }
    }

    mutating func shutDown(grace: Duration) -> [String] { event { $0.shutdownBegan(until: $1 + grace, at: $1) } }

    /// So many leases of new connections; the requests are numbered from 1.
    mutating func lease(_ count: Int) -> [LeaseID] {
        (0..<count).compactMap { index in
            _ = request(index + 1)
            _ = connected(index)
            return lastGranted
        }
    }

    /// Moves the clock, and rings the alarm if it is due.
    @discardableResult
    mutating func pass(_ duration: Duration) -> [String] {
        now += duration
        guard let alarm = machine.alarm, alarm <= now else { return [] }
        return event { $0.timePassed(at: $1) }
    }

    /// Moves the clock to the alarm and rings it.
    mutating func passToAlarm() -> [String] {
        guard let alarm = machine.alarm else { return [] }
        return pass(max(now.duration(to: alarm), .zero))
    }

    // MARK: Answers

    private mutating func words(for action: Machine.Action) -> String {
        switch action {
        case .connect(let id, _): return "connect \(id.index)"
        case .validate(_, let connection, _): return "validate \(connection)"
        case .reset(_, let connection): return "reset \(connection)"
        case .close(_, let connection, let reason): return "close \(connection): \(reason)"
        case .abandon(let id): return "abandon \(id.index)"
        case .grant(let id, let lease):
            lastGranted = lease.id
            return "grant \(id.number): \(lease.connection)"
        case .fail(let id, let failure): return "fail \(id.number): \(words(for: failure))"
        case .reportLeak: return "leak"
        case .reportLeakReturned: return "leak returned"
        case .reportUnreachable: return "unreachable"
        case .reportReachable: return "reachable"
        case .reportUnknownLease: return "unknown lease"
        case .drained(let leased): return "drained, \(leased) leased"
        }
    }

    private func words(for failure: PoolRequestFailure) -> String {
        switch failure {
        case .timedOut(_, let status): status.lastConnectFailure == nil ? "timed out" : "timed out, last failure"
        case .deadlocked(_, let status):
            "deadlocked, \(status.holders.count) holders, \(status.holders.filter(\.waits).count) wait"
        case .unreachable: "unreachable"
        case .silent: "silent"
        case .closed: "closed"
        case .cancelled: "cancelled"
        }
    }
}
