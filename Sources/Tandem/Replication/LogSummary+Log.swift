import TandemLog
import TandemReplication

extension LogSummary {
    /// What the machine must know of a log that was just opened.
    init(_ log: Log) {
        self.init(
            first: log.firstIndex, last: log.lastIndex, flushed: log.flushedIndex, history: log.history,
            memberRecords: log.memberRecords.map { PlacedMemberRecord(index: $0.index, record: $0.record) },
            knownCommit: log.knownCommit)
    }
}
