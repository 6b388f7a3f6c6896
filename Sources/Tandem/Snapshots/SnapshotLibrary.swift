import Foundation
import Glibc
import TandemLog
import TandemReplication
import TandemSQLite

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
        var pace: SnapshotPace
        var transfers: [UniqueID: SnapshotProgress] = [:]
        var isStopping = false
    }

    /// So many pages are copied at once.
    private static let pagesPerStep = 256
    /// The copy is made at so many times the rate of the transfer: it holds SQLite's write-ahead log.
    private static let copyingFactor: UInt64 = 4

    private let directory: DataDirectory
    private let node: NodeState
    private let rate: UInt64?
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
                _ = monitor.wait(until: .now + .seconds(1)) { Self.isMaking($0) ? nil : true }
            case .make: return try make(request, progress)
            case .refuse(let reason): throw TandemError(.unavailable, reason)
            }
        }
    }

    static func isMaking(_ state: State) -> Bool {
        if case .making = state.stand { true } else { false }
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
                guard state.users == 0 else { return .refuse("an older snapshot is being sent; try again later") }
                remove(copy, &state)
            }
            state.stand = .making(done: 0, total: 0)
            state.held = 1
            return .make
        }
    }

    private func make(
        _ request: SnapshotRequest, _ progress: (UInt64, UInt64) -> Bool
    ) throws(TandemError) -> Copy {
        let snapshot = UniqueID.random()
        let path = "\(directory.copies)/\(snapshot)"
        do {
            let copy = try copy(snapshot, to: path, progress)
            monitor.signal { state in
                state.stand = .ready(copy)
                state.users = 1
            }
            return copy
        } catch {
            try? FileManager.default.removeItem(atPath: path)  // What is half made only takes room.
            monitor.signal { state in
                state.stand = .none
                state.held = nil
            }
            throw (error as? TandemError) ?? TandemError(.unavailable, "no snapshot can be made: \(error)")
        }
    }

    private func copy(_ snapshot: UniqueID, to path: String, _ progress: (UInt64, UInt64) -> Bool) throws -> Copy {
        try FileManager.default.createDirectory(atPath: directory.copies, withIntermediateDirectories: true)
        let copy = try DatabaseCopy(of: directory.database, to: path)
        defer { copy.finish() }
        let position = copy.applied.position
        guard position.index > .zero, let group = node.status?.group else {
            throw TandemError(.unavailable, "nothing has been committed in this group yet")
        }
        monitor.withLock { $0.held = position.index.next }
        try checkRoom(for: copy.byteCount)
        try run(copy, progress)
        copy.finish()
        try copy.forgetUnprovedSums()
        let size = try fileSize(path)
        let segment = try SegmentImage.append(
            goingOnBehind: position.index, of: directory.log, to: path, at: Int(size))
        let header = SnapshotHeader(
            snapshot: snapshot, group: group, position: position, databaseSize: size, segmentSize: UInt64(segment),
            checksum: try SnapshotFiles.checksum(of: path))
        return Copy(header: header, path: path)
    }

    private func run(_ copy: DatabaseCopy, _ progress: (UInt64, UInt64) -> Bool) throws {
        var pace = SnapshotPace(rate: rate.map { $0 * Self.copyingFactor }, now: ReplicationDriver.now)
        var told = ReplicationDriver.now
        while try !copy.step(pages: Self.pagesPerStep) {
            let now = ReplicationDriver.now
            let (done, total) = (UInt64(copy.progress.done), UInt64(copy.progress.total))
            let isStopping = monitor.withLock { state in
                state.stand = .making(done: done, total: total)
                return state.isStopping
            }
            guard !isStopping else { throw TandemError(.unavailable, "the node is shutting down") }
            if now - told >= .seconds(1) {
                told = now
                guard progress(done, total) else { throw TandemError(.unavailable, "nobody waits any more") }
            }
            wait(pace.take(Self.pagesPerStep * Int(copy.byteCount / max(1, total)), now: now))
        }
    }

    private func checkRoom(for size: UInt64) throws {
        let margin: UInt64 = 64 << 20
        guard let free = FileSystemSpace(at: directory.path)?.free, free < size + margin else { return }
        throw TandemError(
            .unavailable,
            "there is no room for a snapshot at \(directory.path): the copy takes \(ByteCount.words(size)), and \(ByteCount.words(free)) are free"
        )
    }

    private func fileSize(_ path: String) throws -> UInt64 {
        UInt64(try SystemFileSystem().open(path, .read).size())
    }
}
