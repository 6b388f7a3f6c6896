import NIOCore
import TandemSQLite

/// Each session loop's own reader, for statements that are over soon.
final class LoopReaders: Sendable {
    /// How long a snapshot is kept. It shows the last commit all the time; but the write-ahead log cannot be begun anew
    /// meanwhile.
    private static let keepsFor = TimeAmount.milliseconds(5)

    private let readers: [ObjectIdentifier: BriefReader]

    /// - Throws: GRDB's `DatabaseError`, ``SQLiteError``.
    init(_ loops: any EventLoopGroup, path: String, options: ConnectionOptions) throws {
        var readers: [ObjectIdentifier: BriefReader] = [:]
        for loop in loops.makeIterator() {
            let reader = try BriefReader(path: path, options: options)
            reader.snapshotBegan = { reader in loop.scheduleTask(in: Self.keepsFor) { reader.endSnapshot() } }
            readers[ObjectIdentifier(loop)] = reader
        }
        self.readers = readers
    }

    /// Nil for a loop that serves no sessions. To be used on the loop alone.
    func reader(of loop: any EventLoop) -> BriefReader? { readers[ObjectIdentifier(loop)] }

    /// Once there are no sessions any more.
    func close() {
        for reader in readers.values { try? reader.close() }  // Nothing is lost with a reader.
    }
}
