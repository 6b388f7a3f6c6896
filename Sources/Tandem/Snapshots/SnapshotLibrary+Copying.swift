import Foundation
import TandemLog
import TandemReplication
import TandemSQLite

// The copy is made.
extension SnapshotLibrary {
    /// So many pages are copied at once.
    private static let pagesPerStep = 256
    /// The copy is made at so many times the rate of the transfer: it holds SQLite's write-ahead log.
    private static let copyingFactor: UInt64 = 4

    /// Makes it, and claims it for who asked.
    ///
    /// - Throws: ``TandemError`` that says why there is none.
    func make(
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
            SystemFileSystem().discard(path)
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
        var told = ReplicationDriver.now
        try run(copy, at: path, &told, progress)
        let pages = UInt64(copy.progress.total)
        copy.finish()
        try copy.forgetUnprovedSums()
        let size = try fileSize(path)
        let segment = try SegmentImage.append(
            goingOnBehind: position.index, of: directory.log, to: path, at: Int(size))
        // Reading it all takes its time, and who waits must hear that this node is alive.
        let checksum = try SnapshotFiles.checksum(of: path) { try tell(pages, pages, &told, progress) }
        let header = SnapshotHeader(
            snapshot: snapshot, group: group, position: position, databaseSize: size, segmentSize: UInt64(segment),
            checksum: checksum)
        return Copy(header: header, path: path)
    }

    private func run(
        _ copy: DatabaseCopy, at path: String, _ told: inout Moment, _ progress: (UInt64, UInt64) -> Bool
    ) throws {
        var pace = SnapshotPace(rate: rate.map { $0 * Self.copyingFactor }, now: ReplicationDriver.now)
        var written = 0
        while try !copy.step(pages: Self.pagesPerStep) {
            let (done, total) = copy.progress
            try tell(UInt64(done), UInt64(total), &told, progress)
            let pageSize = Int(copy.byteCount) / max(1, total)
            // At once, as a snapshot that comes (``SnapshotFiles``); with what SQLite's cache had kept of the pieces before.
            let file = try SystemFileSystem().open(path, .readWrite)
            let begin = max(0, written - 4 * Self.pagesPerStep * pageSize)
            try file.writeBack(from: begin, count: done * pageSize - begin)
            written = done * pageSize
            wait(pace.take(Self.pagesPerStep * pageSize, now: ReplicationDriver.now))
        }
    }

    /// Says how far the copy is: to the status, and about every second to who waits for it.
    ///
    /// - Throws: ``TandemError`` if nobody does any more, or the node stops.
    private func tell(
        _ done: UInt64, _ total: UInt64, _ told: inout Moment, _ progress: (UInt64, UInt64) -> Bool
    ) throws(TandemError) {
        let isStopping = monitor.withLock { state in
            state.stand = .making(done: done, total: total)
            return state.isStopping
        }
        guard !isStopping else { throw TandemError(.unavailable, "the node is shutting down") }
        let now = ReplicationDriver.now
        guard now - told >= .seconds(1) else { return }
        told = now
        guard progress(done, total) else { throw TandemError(.unavailable, "nobody waits any more") }
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
