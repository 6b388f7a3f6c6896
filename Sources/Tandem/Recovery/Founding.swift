import Foundation
import Glibc
import TandemLog
import TandemReplication
import TandemSQLite

/// A new data directory around a database that came from elsewhere: of a group of its own, with a node that nobody has
/// ever heard of, which is the group's first primary.
///
/// Nodes of another group never follow it, nor it them: the group's identity differs (docs/REPLICATION.md, rule 13).
/// The log is empty and begins behind the database's position, so that each replica begins with a snapshot. The database
/// has a name of its own until it is whole, and the node's state is written last: without it no node starts from what a
/// crash has left half made (`DataDirectory.checkNew()`).
final class Founding {
    private let directory: DataDirectory
    /// The directory was not there.
    private let isNew: Bool
    private var isFinished = false

    /// Where the database is made.
    var database: String { directory.founding }

    /// - Throws: ``TandemError`` (`dataDirectory`) if the directory is not empty.
    init(_ path: String) throws {
        let contents = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        guard contents.isEmpty else {
            throw TandemError(
                .dataDirectory,
                "the directory \(path) is not empty: name a new one, or remove what is there if it is left from an attempt that was broken off"
            )
        }
        isNew = !FileManager.default.fileExists(atPath: path)
        directory = try DataDirectory(path)
    }

    deinit {
        if !isFinished { clear() }
    }

    /// Makes the database, which must be closed, a node's.
    ///
    /// - Parameters:
    ///   - end: the last record that the database holds, as a log has it.
    ///   - time: when that was committed, in microseconds since 1970.
    ///   - history: the epochs up to that record; its last one is not empty.
    ///   - counter: the new group's epochs are above it.
    /// - Returns: the new group.
    func finish(
        behind end: LogEnd, time: UInt64, history: EpochHistory, node: NodeID = .random(), aboveEpoch counter: UInt32
    ) throws -> GroupID {
        let fileSystem = SystemFileSystem()
        for name in ["-wal", "-shm"] where FileManager.default.fileExists(atPath: database + name) {
            throw TandemError(.damaged, "the database \(database) could not be closed: \(database)\(name) is there")
        }
        try fileSystem.open(database, .readWrite).synchronize()
        try place(fileSystem)
        let group = GroupID.random()
        // Replicas begin with a snapshot, and are whole only behind a record of this node's reign that is committed: so the
        // first needs no acknowledgement. No write runs before the acknowledgements asked for at the start are written
        // down, nor before they can be given (rule 27). The node's address is written down then, too.
        let members = MemberRecord(
            members: [Member(node: node, address: "")], acknowledgements: .count(0), mayDegrade: false)
        try Log.found(
            directory: directory.log, group: group, behind: end, time: time, history: history, members: members)
        try fileSystem.synchronizeDirectory(directory.path)
        let epoch = Epoch(counter: max(1, counter), node: node)
        let state = DurableState(node: node, group: group, promised: epoch, reign: epoch)
        try DurableStateFile(path: directory.stateFile).write(state)
        isFinished = true
        directory.release()
        return group
    }

    /// Gives the database, which is durable, its name.
    private func place(_ fileSystem: SystemFileSystem) throws {
        let mark = database + "-content"
        let isProved = FileManager.default.fileExists(atPath: mark)
        if isProved { try fileSystem.remove(mark) }
        try fileSystem.rename(database, to: directory.database)
        try fileSystem.synchronizeDirectory(directory.path)
        // The mark names the file's times, which have changed with its name.
        if isProved { WriterConnection.trustContent(of: directory.database) }
    }

    /// Removes everything that was made, so that the same command can be given again.
    private func clear() {
        let manager = FileManager.default
        for name in (try? manager.contentsOfDirectory(atPath: directory.path)) ?? [] {
            try? manager.removeItem(atPath: "\(directory.path)/\(name)")  // What is left is refused the next time.
        }
        if isNew { _ = rmdir(directory.path) }
        directory.release()
    }
}
