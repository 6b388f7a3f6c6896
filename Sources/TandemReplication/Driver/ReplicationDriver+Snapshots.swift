import TandemLog

// Snapshots that this node takes.
extension ReplicationDriver {
    /// A snapshot is whole, checked and durable.
    ///
    /// - Parameter end: the last record of the log that comes with it.
    public func snapshotReceived(_ header: SnapshotHeader, end: LogEnd) {
        // A log that cannot be read is no reason to keep it.
        let continuesLog = (try? log?.holds(end)) ?? false
        handle {
            $0.snapshotReceived(at: header.position, of: header.group, continuesLog: continuesLog, now: $1)
        }
    }

    /// Keeps the records above `index` in a file of their own.
    func keepLog(above index: LogIndex, _ reason: ReplicationMachine.CutReason) throws {
        guard let file = try log?.keepRecords(above: index, in: divergentDirectory) else { return }
        cutKept(file, index, reason)
    }
}
