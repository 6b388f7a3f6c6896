import TandemLog
import TandemReplication

/// Mistakes planted in storage, below the machine.
struct StorageMistakes: OptionSet {
    let rawValue: Int
    /// The applied index is not changed in the transaction of the rows.
    static let appliedOutside = StorageMistakes(rawValue: 1)
    /// A cut is not durable, and checksums are not chained.
    static let tornCut = StorageMistakes(rawValue: 2)
    /// The log is pruned up to what is applied, not to what of that is synced.
    static let prunedTooFar = StorageMistakes(rawValue: 4)
    /// A snapshot is of everything in the log, committed or not.
    static let snapshotOfTheTail = StorageMistakes(rawValue: 8)
}

/// What one node keeps: its log, its database, its durable state; and what of it survives a crash.
struct SimulatedDisk {
    /// The log as written.
    private(set) var records: [SimulatedRecord] = []
    /// How many of them are flushed.
    private(set) var flushed = 0
    /// What certainly is on the disk, slot by slot.
    private var durable: [SimulatedRecord] = []
    var state: DurableState

    /// The first record that the log still has. What lies below is remembered for comparing, and counts as gone.
    private(set) var first = 1

    /// The database: how far it is applied, and its content.
    private(set) var applied = 0
    private(set) var digest: UInt64 = 0
    /// States since the last synced checkpoint, that one first.
    private var states: [(applied: Int, digest: UInt64)] = [(0, 0)]

    init(state: DurableState) { self.state = state }

    var last: Int { records.count }
    func checksum(at index: Int) -> UInt64 { index == 0 ? 0 : records[index - 1].checksum }
    var lastChecksum: UInt64 { checksum(at: records.count) }

    /// Whether the record with this checksum is durable at this index.
    func holds(_ checksum: UInt64, at index: Int) -> Bool {
        index <= durable.count && durable[index - 1].checksum == checksum
    }

    mutating func append(_ record: SimulatedRecord) { records.append(record) }

    mutating func flush() {
        for slot in min(flushed, durable.count)..<records.count {
            if slot < durable.count { durable[slot] = records[slot] } else { durable.append(records[slot]) }
        }
        flushed = records.count
    }

    mutating func cut(above index: Int, mistakes: StorageMistakes) {
        records.removeSubrange(index...)
        flushed = min(flushed, index)
        if !mistakes.contains(.tornCut), durable.count > index { durable.removeSubrange(index...) }
    }

    /// Drops what was not flushed, as a log does that goes on after a failed flush.
    mutating func dropUnflushed() { records.removeSubrange(flushed...) }

    mutating func apply(through index: Int) {
        while applied < index {
            digest = records[applied].digest(after: digest)
            applied += 1
        }
        states.append((applied, digest))
    }

    /// Removes records below `index`, as far as the database does not need them after a power cut.
    mutating func prune(below index: Int, mistakes: StorageMistakes) {
        let synced = mistakes.contains(.prunedTooFar) ? applied : states[0].applied
        first = max(first, min(index, synced + 1))
    }

    /// The database as it is, and what the log goes on from.
    func snapshot(mistakes: StorageMistakes) -> SimulatedSnapshot {
        var copy = self
        if mistakes.contains(.snapshotOfTheTail) { copy.apply(through: last) }
        return SimulatedSnapshot(
            records: Array(records.prefix(copy.applied)), applied: copy.applied, digest: copy.digest)
    }

    /// Whether the log goes on behind a snapshot's last record.
    func continues(_ snapshot: SimulatedSnapshot) -> Bool {
        snapshot.applied <= flushed && snapshot.applied + 1 >= first
            && checksum(at: snapshot.applied) == (snapshot.records.last?.checksum ?? 0)
    }

    /// Puts a snapshot in the place of the database, and of the log.
    mutating func install(_ snapshot: SimulatedSnapshot, replacesLog: Bool) {
        if replacesLog {
            records = snapshot.records
            durable = records
            flushed = records.count
            first = snapshot.applied + 1
        }
        (applied, digest) = (snapshot.applied, snapshot.digest)
        states = [(applied, digest)]
    }

    mutating func checkpoint() { states = [(applied, digest)] }

    /// Loses what was not synced, or some of it, and recovers.
    ///
    /// - Parameter surviving: the unflushed slots that survive, from 0; random ones if nil.
    mutating func crash(mistakes: StorageMistakes, surviving: Set<Int>? = nil, random: inout SeededGenerator) {
        var survivors = Array(durable.prefix(flushed))
        for slot in flushed..<max(records.count, durable.count, flushed) {
            let written = slot < records.count && (surviving?.contains(slot) ?? (random.below(3) > 0))
            guard let record = written ? records[slot] : slot < durable.count ? durable[slot] : nil else { break }
            let chained = record.previous == (survivors.last?.checksum ?? 0)
            let grows = survivors.last.map { $0.epoch <= record.epoch } ?? true
            guard mistakes.contains(.tornCut) ? grows : chained else { break }
            survivors.append(record)
        }
        records = survivors
        durable = survivors
        flushed = survivors.count
        let kept = states[random.below(states.count)]
        digest = kept.digest
        applied = mistakes.contains(.appliedOutside) ? states[random.below(states.count)].applied : kept.applied
        states = [(applied, digest)]
    }

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
