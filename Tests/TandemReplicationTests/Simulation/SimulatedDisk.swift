import TandemLog
import TandemReplication

/// What one node keeps: its log, its database, its durable state; and what of it survives a crash.
struct SimulatedDisk {
    /// The log as written.
    private(set) var records: [SimulatedRecord] = []
    /// How many of them are flushed.
    private(set) var flushed = 0
    /// What certainly is on the disk, slot by slot.
    private var durable: [SimulatedRecord] = []
    var state: DurableState

    /// How often the log was cut: a flush that began before knows nothing of what came after.
    private var cuts = 0
    /// How many records there is room for; nil: for all that come.
    var room: Int?
    /// Whether a write or a flush has failed: the log takes no more until the next start.
    private(set) var hasFailed = false

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

    /// Whether nothing more can be written, of whatever file.
    var isFull: Bool { room == 0 }

    /// Writes a batch behind the log's last record, or as much of it as there is room for.
    ///
    /// - Returns: whether there was room for all of it.
    @discardableResult
    mutating func append(_ batch: [SimulatedRecord]) -> Bool {
        let count = min(room ?? batch.count, batch.count)
        records += batch.prefix(count)
        room = room.map { $0 - count }
        hasFailed = hasFailed || count < batch.count
        return count == batch.count
    }

    mutating func flush() { flush(through: records.count) }

    private mutating func flush(through end: Int) {
        guard end > flushed else { return }
        for slot in min(flushed, durable.count)..<end {
            if slot < durable.count { durable[slot] = records[slot] } else { durable.append(records[slot]) }
        }
        flushed = end
    }

    /// A flush that another thread carries out begins.
    func beginFlush(mark: Int) -> SimulatedFlush { SimulatedFlush(end: records.count, cuts: cuts, mark: mark) }

    /// It has returned. After a cut it says nothing, for other records may lie in the place of those it has flushed.
    mutating func endFlush(_ flush: SimulatedFlush, mistakes: StorageMistakes) {
        if mistakes.contains(.overtakenFlush), flush.cuts != cuts {
            flushed = max(flushed, min(flush.end, records.count))
        } else if flush.cuts == cuts {
            self.flush(through: flush.end)
        }
    }

    /// A write or a flush of the log has failed: nobody knows what of it the disk has.
    mutating func fail() { hasFailed = true }

    mutating func cut(above index: Int, mistakes: StorageMistakes) {
        records.removeSubrange(index...)
        flushed = min(flushed, index)
        cuts += 1
        if !mistakes.contains(.tornCut), durable.count > index { durable.removeSubrange(index...) }
    }

    /// Drops what was not flushed, as a log does that goes on after a failed flush.
    mutating func dropUnflushed() {
        records.removeSubrange(flushed...)
        cuts += 1
        hasFailed = false
    }

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
        let before = first
        first = max(first, min(index, synced + 1))
        room = room.map { $0 + first - before }
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
        hasFailed = false
        let kept = states[random.below(states.count)]
        digest = kept.digest
        applied = mistakes.contains(.appliedOutside) ? states[random.below(states.count)].applied : kept.applied
        states = [(applied, digest)]
    }
}
