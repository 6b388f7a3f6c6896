import TandemLog

/// The head of a RECORDS frame; raw record bytes, as they stand in the log, follow it (docs/REPLICATION.md, rule 15).
///
/// A batch of whole records that is larger than a frame travels in several frames with the same header but for
/// ``offset``; ``RecordsAssembler`` puts it together again.
public struct RecordsHeader: Hashable, Sendable {
    public var epoch: Epoch
    /// The number of the connection it is sent on.
    public var number: ConnectionNumber
    public var first: LogIndex
    public var last: LogIndex
    public var commit: LogIndex
    /// The primary's wall clock when it sent this, in microseconds since 1970; echoed in acknowledgements.
    public var clock: UInt64
    /// Bytes of the whole batch.
    public var total: UInt32
    /// Where this frame's bytes begin in the batch.
    public var offset: UInt32

    public init(
        epoch: Epoch, number: ConnectionNumber, first: LogIndex, last: LogIndex, commit: LogIndex, clock: UInt64,
        total: UInt32 = 0, offset: UInt32 = 0
    ) {
        self.epoch = epoch
        self.number = number
        self.first = first
        self.last = last
        self.commit = commit
        self.clock = clock
        self.total = total
        self.offset = offset
    }
}
