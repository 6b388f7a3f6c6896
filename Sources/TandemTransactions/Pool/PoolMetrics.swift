import Metrics

/// What a pool tells the program's metrics system, with the pool's name as the dimension `pool`, and what its
/// servers must be as `role`: `primary`, `replica`, or `any`.
///
/// Numbers of connections are meters that are moved up and down, so that it does not matter in which order tasks report.
struct PoolMetrics: Sendable {
    /// Connections in use, idle, and of any state; tasks that wait.
    private let active, idle, total, pending: Meter
    /// How long a task waited for a connection, how long it had it, and how long it took to make one.
    private let acquireDuration, usageDuration, connectDuration: Timer
    let timeouts, connectFailures, leaks: Counter

    /// nil in a program without a metrics system when the pool is made.
    init?(pool: String, role: ServerRole?) {
        guard !(MetricsSystem.factory is NOOPMetricsHandler) else { return nil }
        // Where one list of hosts is the primary's and the replica's, the two pools have the same name.
        let dimensions = [("pool", pool), ("role", Self.label(of: role))]
        active = Meter(label: "tandem.pool.active", dimensions: dimensions)
        idle = Meter(label: "tandem.pool.idle", dimensions: dimensions)
        total = Meter(label: "tandem.pool.total", dimensions: dimensions)
        pending = Meter(label: "tandem.pool.pending", dimensions: dimensions)
        acquireDuration = Timer(label: "tandem.pool.acquire.duration", dimensions: dimensions)
        usageDuration = Timer(label: "tandem.pool.usage.duration", dimensions: dimensions)
        connectDuration = Timer(label: "tandem.pool.connect.duration", dimensions: dimensions)
        timeouts = Counter(label: "tandem.pool.timeouts", dimensions: dimensions)
        connectFailures = Counter(label: "tandem.pool.connect.failures", dimensions: dimensions)
        leaks = Counter(label: "tandem.pool.leaks", dimensions: dimensions)
    }

    private static func label(of role: ServerRole?) -> String {
        switch role {
        case .primary: "primary"
        case .replica: "replica"
        case nil: "any"
        }
    }

    /// A task has got an idle connection at once.
    func idleTaken() {
        acquireDuration.recordNanoseconds(Int64(0))
        active.increment(by: 1)
        idle.decrement(by: 1)
    }

    /// A connection was given back for which nobody waited.
    func idleReturned() {
        active.decrement(by: 1)
        idle.increment(by: 1)
    }

    func acquired(after duration: Duration) { acquireDuration.recordNanoseconds(duration.inNanoseconds) }

    func returned(after duration: Duration) { usageDuration.recordNanoseconds(duration.inNanoseconds) }

    func connected(after duration: Duration) { connectDuration.recordNanoseconds(duration.inNanoseconds) }

    func changed(from before: PoolNumbers, to after: PoolNumbers) {
        move(active, after.active - before.active)
        move(idle, after.idle - before.idle)
        move(total, after.total - before.total)
        move(pending, after.pending - before.pending)
    }

    private func move(_ meter: Meter, _ difference: Int) {
        // Backends are free to drop an increment that is negative.
        if difference > 0 { meter.increment(by: Double(difference)) }
        if difference < 0 { meter.decrement(by: Double(-difference)) }
    }
}

/// How many connections and waiting tasks a pool has.
struct PoolNumbers: Sendable, Equatable {
    var active: Int
    var idle: Int
    var total: Int
    var pending: Int
}

extension Duration {
    var inNanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
