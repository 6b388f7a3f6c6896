import Foundation
import TandemLog
import TandemReplication

/// The snapshots that a node gives to others: one copy of its database at a time, for as many as want it.
///
/// The copy is a file beside the database, made at the disk's speed, and sent from there at the network's. So the read
/// transaction that keeps SQLite's write-ahead log from being begun anew lasts as short as it can, a broken connection is
/// gone on with, and nobody is hurt by a slow receiver; it takes the room of the database once more.
final class SnapshotLibrary: Sendable {
    /// A copy that is ready.
    struct Copy: Sendable {
        let header: SnapshotHeader
        let path: String
    }

    struct State {
        enum Stand {
            case none
            case making(done: UInt64, total: UInt64)
            case ready(Copy)
        }
        var stand = Stand.none
        /// Records from here on must stay in the log.
        var held: LogIndex?
        /// How many transfers use the copy, or wait for it.
        var users = 0
        var idleSince = Moment.zero
        /// Whose transfer was broken off last: it comes back, and goes on where it was.
        var expected: NodeID?
        var pace: SnapshotPace
        var transfers: [UniqueID: SnapshotProgress] = [:]
        var isStopping = false
    }

    let directory: DataDirectory
    let node: NodeState
    /// In bytes a second; nil for as fast as it goes.
    let rate: UInt64?
    let monitor: Monitor<State>

    init(directory: DataDirectory, node: NodeState, rate: UInt64?) {
        self.directory = directory
        self.node = node
        self.rate = rate
        monitor = Monitor(State(pace: SnapshotPace(rate: rate, now: ReplicationDriver.now)))
        try? FileManager.default.removeItem(atPath: directory.copies)  // Of an earlier run; nobody knows it any more.
    }

    /// Records from here on must not be pruned: a snapshot below them is being sent. Nil if none is.
    var heldIndex: LogIndex? { monitor.withLock { $0.held } }

    /// The transfers under way.
    var transfers: [SnapshotProgress] { monitor.withLock { Array($0.transfers.values) } }

    /// The copy, made now if there is none that will do. Blocks the calling thread, which is a transfer's own.
    ///
    /// - Parameter progress: called about every second meanwhile; false if nobody waits any more.
    /// - Throws: ``TandemError`` (`unavailable`) that says why there is none.
    func acquire(
        _ request: SnapshotRequest, progress: (_ done: UInt64, _ total: UInt64) -> Bool
    ) throws(TandemError) -> Copy {
        try check(request)
        while true {
            switch claim(request) {
            case .use(let copy): return copy
            case .wait(let done, let total):
                guard progress(done, total) else { throw TandemError(.unavailable, "nobody waits any more") }
                _ = monitor.wait(until: .now + .seconds(1)) { Self.mustWait(request, $0) ? nil : true }
            case .make: return try make(request, progress)
            case .refuse(let reason): throw TandemError(.unavailable, reason)
            }
        }
    }

    static func isMaking(_ state: State) -> Bool {
        if case .making = state.stand { true } else { false }
    }

    /// Whether there is neither a copy that will do, nor room for another.
    private static func mustWait(_ request: SnapshotRequest, _ state: State) -> Bool {
        if state.isStopping { return false }
        return switch state.stand {
        case .none: false
        case .making: true
        case .ready(let copy): copy.header.position.index < request.minimum && isInUse(state, besides: request.node)
        }
    }

    private func check(_ request: SnapshotRequest) throws(TandemError) {
        guard let status = node.status, let group = status.group else {
            throw TandemError(.unavailable, "this node belongs to no group yet")
        }
        guard request.group == nil || request.group == group else {
            throw TandemError(.unavailable, "this node belongs to another group")
        }
        // A primary's rows are what its clients see and its replicas are to show; a replica's have gone astray.
        if status.role != .primary, let drift = node.drifts.first {
            throw TandemError(.unavailable, "this node's database has drifted (\(drift)): ask another node")
        }
        guard status.servesReads, status.applied >= request.minimum, node.failure == nil else {
            throw TandemError(.unavailable, "this node has not applied record \(request.minimum) itself yet")
        }
    }

    private enum Claim {
        case use(Copy)
        case wait(UInt64, UInt64)
        case make
        case refuse(String)
    }

    private func claim(_ request: SnapshotRequest) -> Claim {
        monitor.withLock { state in
            if state.isStopping { return .refuse("the node is shutting down") }
            switch state.stand {
            case .none: break
            case .making(let done, let total): return .wait(done, total)
            case .ready(let copy):
                if copy.header.position.index >= request.minimum {
                    state.users += 1
                    return .use(copy)
                }
                // One copy at a time: an older one that is being sent, for hours maybe, is waited for.
                if Self.isInUse(state, besides: request.node) { return .wait(0, 0) }
                remove(copy, &state)
            }
            state.stand = .making(done: 0, total: 0)
            state.held = 1
            return .make
        }
    }
}
