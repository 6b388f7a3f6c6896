import TandemLog
import TandemReplication

extension SimulatedDisk {
    /// What the machine is opened with.
    func summary(knownCommit: Int) -> (log: LogSummary, applied: Position?) {
        var history = EpochHistory()
        var members: [PlacedMemberRecord] = []
        for (offset, record) in records.enumerated() {
            let index = LogIndex(UInt64(offset + 1))
            if history.lastEpoch.map({ $0 < record.epoch }) ?? true { history.begin(record.epoch, at: index) }
            if let record = record.members { members.append(PlacedMemberRecord(index: index, record: record)) }
        }
        let last = LogIndex(UInt64(records.count))
        let log = LogSummary(
            first: LogIndex(UInt64(first)), last: last, flushed: last, history: history, memberRecords: members,
            knownCommit: LogIndex(UInt64(knownCommit)))
        // What the database says it is: the position of a record the log may have lost.
        let epoch = applied > 0 && applied <= records.count ? records[applied - 1].epoch : nil
        let position =
            applied == 0
            ? nil
            : Position(
                epoch: epoch ?? Epoch(counter: .max, node: state.node), index: LogIndex(UInt64(applied)))
        return (log, position)
    }
}
