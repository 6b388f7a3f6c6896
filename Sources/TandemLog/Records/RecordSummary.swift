/// What is known about records that follow one another; grows record by record and checks each.
struct RecordSummary {
    let following: LogEnd
    /// Whether checksums are computed and epochs compared: not needed for what was sealed here a moment ago.
    let checksChain: Bool
    private(set) var end: LogEnd
    private(set) var count = 0
    private(set) var byteCount = 0
    private(set) var firstEpochCounter: UInt32 = 0
    private(set) var lastTime: UInt64 = 0
    private(set) var epochs: [RecordBatch.EpochBeginning] = []
    private(set) var members: [RecordBatch.MembersBeginning] = []
    private(set) var segmentBeginnings: [RecordBatch.SegmentBeginning] = []

    init(following: LogEnd, checksChain: Bool) {
        self.following = following
        self.checksChain = checksChain
        end = following
    }

    mutating func add(all bytes: UnsafeRawBufferPointer) throws(LogError) {
        var offset = 0
        while offset < bytes.count {
            offset += try add(next: UnsafeRawBufferPointer(rebasing: bytes[offset...]))
        }
    }

    /// Takes the record at the beginning of `bytes`.
    ///
    /// - Returns: its size.
    mutating func add(next bytes: UnsafeRawBufferPointer) throws(LogError) -> Int {
        let record: Record
        do throws(Malformation) {
            record = try Record(parsing: bytes, maximumBodySize: RecordLayout.maximumBodySize)
        } catch {
            throw LogError(
                .malformed, "A record cannot be read: \(error.explanation).", offset: UInt64(byteCount))
        }
        if checksChain { try check(record) }
        try add(record)
        return record.size
    }

    private func check(_ record: Record) throws(LogError) {
        if let fault = record.fault(behind: end) {
            throw LogError(fault.code, "A record is not what follows: \(fault.message).", offset: UInt64(byteCount))
        }
    }

    /// Takes a record that was checked already.
    mutating func add(_ record: Record) throws(LogError) {
        if record.beginsSegment { segmentBeginnings.append(.init(offset: byteCount, following: end)) }
        if record.kind == .epoch {
            let epoch = try EpochRecord(decoding: record.payload)
            guard epoch.epoch.counter == record.epochCounter else {
                throw LogError(
                    .malformed, "Epoch record \(record.index) is not of the epoch that it begins.",
                    offset: UInt64(byteCount))
            }
            epochs.append(.init(epoch: epoch.epoch, index: record.index))
            members.append(.init(index: record.index, record: epoch.members))
        } else if record.kind == .members {
            members.append(.init(index: record.index, record: try MemberRecord(decoding: record.payload)))
        }
        if count == 0 { firstEpochCounter = record.epochCounter }
        end = LogEnd(index: record.index, checksum: record.checksum, epochCounter: record.epochCounter)
        lastTime = record.time
        count += 1
        byteCount += record.size
    }
}
