import PostgresWire
import TandemLog

/// Which records of an archive are to be restored onto a backup, and how far that has come.
struct RestorePlan {
    private let archive: Archive
    private let backup: Position
    private let target: Restore.Target
    let line: ArchiveLine
    /// No epoch that the archive knows has a higher counter.
    let highestCounter: UInt32
    private(set) var remarks: [String] = []

    /// The last record restored, as the log has it.
    private(set) var end: LogEnd
    /// When that was committed, in microseconds since 1970; nil where nothing tells.
    private(set) var time: UInt64?

    /// - Throws: ``TandemError`` (`unavailable`) if the target lies before the backup, or behind the archive, or the archive
    ///   is of another history.
    init(_ archive: Archive, from backup: Position, to target: Restore.Target) throws(TandemError) {
        self.archive = archive
        self.backup = backup
        self.target = target
        let lines = archive.lines
        highestCounter = max(backup.epoch.counter, lines.compactMap { $0.end?.epoch.counter }.max() ?? 0)
        end = LogEnd(index: backup.index, checksum: 0, epochCounter: backup.epoch.counter)
        if let line = lines.first(where: { $0.contains(backup) }) {
            self.line = line
            if line != lines.first, let newest = lines.first?.end {
                remarks.append(
                    "The archive has a newer history, which ends at \(newest); the backup is of one that was given up for it."
                )
            }
        } else {
            // Archived later than backed up: what the backup holds is all there is.
            guard lines.allSatisfy({ ($0.end ?? backup) < backup }) else {
                throw TandemError(
                    .unavailable,
                    "the archive does not hold the history that the backup, which was made at \(backup), is of: is it another group's?"
                )
            }
            line = ArchiveLine(history: Self.history(of: backup), last: backup.index)
        }
        try checkTarget()
    }

    /// The position of the last record restored.
    var position: Position {
        get throws {
            guard let epoch = line.history.epoch(at: end.index) else {
                throw TandemError(.damaged, "the archive does not tell the epoch of record \(end.index)")
            }
            return Position(epoch: epoch, index: end.index)
        }
    }

    /// Hands the records to `body`, in order, those that the backup has already among them, and up to which of a batch they
    /// are wanted.
    ///
    /// - Throws: what `body` throws; ``TandemError``, ``LogError``.
    mutating func read(_ body: (RecordBatch, LogIndex) throws -> Void) throws {
        guard let start else { return noteEndBeforeTime() }
        let reader = try ArchiveReader(archive, on: line, behind: start)
        if reader.nextIndex > backup.index { try note(reader.timeBefore) }
        while end.index < wanted || reader.nextIndex <= backup.index, let batch = try reader.next() {
            let (last, isReached) = try measure(batch)
            try body(batch, last)
            if isReached { return }
        }
        noteEndBeforeTime()
    }

    /// Behind which record reading begins: that of the backup's own last record, which tells when the backup was made, if
    /// it is in the archive; nil if there is nothing to read.
    private var start: LogIndex? {
        if archive.file(holding: backup.index, on: line) != nil { return backup.index.previous }
        return wanted > backup.index ? backup.index : nil
    }

    /// The last record that may be wanted.
    private var wanted: LogIndex {
        if case .index(let index) = target { index } else { line.last }
    }

    /// Looks how far the batch is wanted, and notes the last record that is.
    ///
    /// - Returns: the last that is wanted; whether the target is reached with it.
    private mutating func measure(_ batch: RecordBatch) throws -> (last: LogIndex, isReached: Bool) {
        var last = batch.firstIndex.previous
        var isReached = false
        try batch.forEachRecord { record in
            guard !isReached else { return }
            if case .time(let moment) = target, record.time > moment {
                guard record.index > backup.index else { throw Self.tooEarly(backup, record.time) }
                isReached = true
                return
            }
            guard record.index <= wanted else { return }
            last = record.index
            guard last >= backup.index else { return }
            end = LogEnd(index: last, checksum: record.checksum, epochCounter: record.epochCounter)
            time = record.time
        }
        return (last, isReached)
    }

    /// The backup's own last record was committed at that time; 0 if that is not known.
    private mutating func note(_ timeOfBackup: UInt64) throws {
        guard timeOfBackup > 0 else { return }
        if case .time(let moment) = target, timeOfBackup > moment { throw Self.tooEarly(backup, timeOfBackup) }
        time = timeOfBackup
    }

    /// The archive has come to its end.
    private mutating func noteEndBeforeTime() {
        guard case .time = target else { return }
        remarks.append(
            "The archive ends before the time asked for: what was committed later, if anything was, is not in it.")
    }

    private func checkTarget() throws(TandemError) {
        guard case .index(let index) = target else { return }
        guard index >= backup.index else {
            throw TandemError(
                .unavailable,
                "record \(index) lies before the backup, which was made at \(backup.index): take an older backup")
        }
        guard index <= line.last else {
            throw TandemError(
                .unavailable, "record \(index) is not archived: the archive ends with record \(line.last)")
        }
    }

    private static func tooEarly(_ backup: Position, _ time: UInt64) -> TandemError {
        TandemError(
            .unavailable,
            "the time asked for lies before the backup, which holds record \(backup.index) of \(MomentText.text(time)) UTC or later: take an older backup"
        )
    }

    private static func history(of position: Position) -> EpochHistory {
        EpochHistory([.init(epoch: position.epoch, firstIndex: position.index)]) ?? EpochHistory()
    }
}
