/// What one place of a pool is doing. `until` is the moment after which the pool stops waiting for the driver.
enum PoolSlotState: Sendable {
    /// No connection. Goes to `connecting`.
    case free
    /// A connection is being made. Goes to `leased` or `idle`, to `free` if it fails.
    case connecting(until: Moment)
    /// Ready. Goes to `leased`, `validating`, `keepingAlive` or `closing`.
    case idle
    /// In use. Goes to `leased` again (handed to a task that waits), `idle`, `resetting` or `closing`.
    case leased(LeaseRecord)
    /// Asked whether it is alive because a task waits. Goes to `leased`, `idle` or `closing`.
    case validating(until: Moment)
    /// Asked whether it is alive because it has been idle for long. Goes to `leased`, `idle` or `closing`.
    case keepingAlive(until: Moment)
    /// Made as new after its last user. Goes to `leased`, `idle` or `closing`.
    case resetting(until: Moment)
    /// Being closed. Goes to `free`.
    case closing(until: Moment)

    /// A connection that is in use.
    struct LeaseRecord: Sendable {
        let number: UInt64
        let acquirer: Acquirer
        let since: Moment
        /// Whether it has been reported as leaked.
        var isReportedAsLeaked = false
    }

    /// The state without what it holds.
    enum Kind: Sendable {
        case free, connecting, idle, leased, validating, keepingAlive, resetting, closing
    }

    // Asked for with each lease. What a record holds is not copied for it.

    @inline(__always) var kind: Kind {
        switch self {
        case .free: .free
        case .connecting: .connecting
        case .idle: .idle
        case .leased: .leased
        case .validating: .validating
        case .keepingAlive: .keepingAlive
        case .resetting: .resetting
        case .closing: .closing
        }
    }

    /// The number of the lease; nil where it is not in use.
    @inline(__always) var leaseNumber: UInt64? {
        if case .leased(let record) = self { record.number } else { nil }
    }

    /// Whether it has been in use for too long, and has been reported.
    @inline(__always) var isReportedAsLeaked: Bool {
        if case .leased(let record) = self { record.isReportedAsLeaked } else { false }
    }
}

/// How many places are in which state. The sum is the pool's maximum size, always.
struct PoolSlotCounts: Sendable, Equatable {
    var free = 0
    var connecting = 0
    var idle = 0
    var leased = 0
    var validating = 0
    var keepingAlive = 0
    var resetting = 0
    var closing = 0

    /// Connections that are or will soon be there for somebody.
    var live: Int { idle + leased + validating + keepingAlive + resetting }

    var sum: Int { free + connecting + live + closing }

    mutating func add(_ number: Int, to kind: PoolSlotState.Kind) {
        switch kind {
        case .free: free += number
        case .connecting: connecting += number
        case .idle: idle += number
        case .leased: leased += number
        case .validating: validating += number
        case .keepingAlive: keepingAlive += number
        case .resetting: resetting += number
        case .closing: closing += number
        }
    }
}
