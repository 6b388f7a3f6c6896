/// What a segment holds, found by reading it from its header to its last whole record.
struct SegmentContents {
    let header: SegmentHeader
    let headerSize: Int
    let fileSize: Int
    /// Where the last whole record ends.
    private(set) var offset: Int
    private(set) var end: LogEnd
    private(set) var history: EpochHistory
    private(set) var members: [RecordBatch.MembersBeginning]
    private(set) var knownCommit: LogIndex
    /// The commit time of the last record, or of the one before the segment.
    private(set) var lastTime: UInt64
    /// Everything before this offset is known to have been flushed.
    private(set) var flushedOffset: Int
    /// Why reading ended before the records did; nil if it ended with zeros or with the file.
    private(set) var fault: String?

    /// Reads the segment in `file`, up to record `last` if given.
    init(of file: any File, through last: LogIndex = .maximum) throws(LogError) {
        let scanner = try SegmentScanner(file)
        header = scanner.header
        headerSize = scanner.headerSize
        fileSize = scanner.fileSize
        offset = scanner.offset
        end = scanner.end
        history = header.history
        members = header.members
        knownCommit = header.knownCommit
        flushedOffset = scanner.offset
        lastTime = header.followingTime
        while end.index < last {
            let place = scanner.offset
            switch try scanner.next() {
            case .record(let record):
                guard try take(record, file, place) else { return }
            case .mark(let commit):
                knownCommit = max(knownCommit, commit)
                flushedOffset = place
            case .bad(let reason):
                fault = reason
                return
            case .end, .needs: return
            }
            offset = scanner.offset
            end = scanner.end
        }
    }

    /// Notes what a record changes; false if its payload belies its checksum's promise.
    private mutating func take(_ record: Record, _ file: any File, _ place: Int) throws(LogError) -> Bool {
        lastTime = record.time
        guard record.kind == .epoch || record.kind == .members else { return true }
        do throws(LogError) {
            try note(record)
            return true
        } catch {
            fault = error.message
            return false
        }
    }

    private mutating func note(_ record: Record) throws(LogError) {
        guard record.kind == .epoch else {
            members.append(.init(index: record.index, record: try MemberRecord(decoding: record.payload)))
            return
        }
        let epoch = try EpochRecord(decoding: record.payload)
        guard epoch.epoch.counter == record.epochCounter, history.canBegin(epoch.epoch, at: record.index) else {
            throw LogError(.malformed, "an epoch record does not continue the epochs before it")
        }
        history.begin(epoch.epoch, at: record.index)
        members.append(.init(index: record.index, record: epoch.members))
    }
}

extension EpochHistory {
    /// Whether `epoch` may begin at `index`: both are above all there is.
    func canBegin(_ epoch: Epoch, at index: LogIndex) -> Bool {
        guard let last = entries.last else { return true }
        return last.epoch < epoch && last.firstIndex < index
    }
}
