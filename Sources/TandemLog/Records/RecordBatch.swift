/// Whole, sealed records that follow one another: what is appended, streamed and applied at once. Immutable.
public struct RecordBatch: Sendable {
    /// An epoch that begins inside a batch.
    public struct EpochBeginning: Hashable, Sendable {
        public var epoch: Epoch
        public var index: LogIndex
    }

    /// Members that come into force inside a batch, by a member record or an epoch record.
    public struct MembersBeginning: Hashable, Sendable {
        public var index: LogIndex
        public var record: MemberRecord

        public init(index: LogIndex, record: MemberRecord) {
            self.index = index
            self.record = record
        }
    }

    /// A record inside a batch that begins a segment.
    struct SegmentBeginning {
        /// Where it lies among the batch's bytes.
        var offset: Int
        /// The record before it.
        var following: LogEnd
    }

    private let storage: RecordBytes
    /// What the first record follows. Its epoch counter is that of the first record if the batch was sealed here.
    public let following: LogEnd
    /// Where the batch ends.
    public let end: LogEnd
    /// How many records the batch has; at least 1.
    public let count: Int
    /// The epoch counter of the first record.
    public let firstEpochCounter: UInt32
    /// The commit time of the last record, in microseconds since 1970-01-01 00:00 UTC.
    public let lastTime: UInt64
    /// The epochs that begin inside, in order.
    public let epochs: [EpochBeginning]
    /// The member records inside, in order; an epoch record counts as one.
    public let members: [MembersBeginning]
    /// The records that begin a segment, in order.
    let segmentBeginnings: [SegmentBeginning]

    public var firstIndex: LogIndex { following.index.next }
    public var lastIndex: LogIndex { end.index }
    public var lastChecksum: UInt32 { end.checksum }
    public var byteCount: Int { storage.bytes.count }

    /// Checks `bytes` and copies them: lengths, the chain of checksums, the indexes' order, the epochs'.
    ///
    /// - Parameter following: the end of the log they are to be appended to.
    /// - Throws: ``LogError``: `notFollowing` if they are records, but not those that follow; `malformed` with the
    ///   offset of the first bad record otherwise. No bytes at all are malformed too.
    public init(validating bytes: UnsafeRawBufferPointer, following: LogEnd) throws(LogError) {
        var summary = RecordSummary(following: following, checksChain: true)
        try summary.add(all: bytes)
        try self.init(storage: RecordBytes(copying: bytes), summary: summary)
    }

    /// Records that were read and checked already.
    init(storage: RecordBytes, summary: RecordSummary) throws(LogError) {
        guard summary.count > 0 else { throw LogError(.malformed, "A batch of records is empty.", offset: 0) }
        self.storage = storage
        following = summary.following
        end = summary.end
        count = summary.count
        firstEpochCounter = summary.firstEpochCounter
        lastTime = summary.lastTime
        epochs = summary.epochs
        members = summary.members
        segmentBeginnings = summary.segmentBeginnings
    }

    /// Records that were sealed here.
    init(sealed bytes: RecordBytes, following: LogEnd) throws(LogError) {
        var summary = RecordSummary(following: following, checksChain: false)
        try summary.add(all: bytes.bytes)
        try self.init(storage: bytes, summary: summary)
    }

    /// The batch's bytes, as they are in the log and on the wire.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(storage) {} }
        return try body(storage.bytes)
    }

    /// Calls `body` with each record in order. The record is valid only during the call.
    public func forEachRecord<Failure: Error>(_ body: (Record) throws(Failure) -> Void) throws(Failure) {
        defer { withExtendedLifetime(storage) {} }
        var rest = storage.bytes
        while !rest.isEmpty {
            guard let record = try? Record(parsing: rest, maximumBodySize: RecordLayout.maximumBodySize) else {
                preconditionFailure("a batch holds whole records only")
            }
            try body(record)
            rest = UnsafeRawBufferPointer(rebasing: rest[record.size...])
        }
    }
}
