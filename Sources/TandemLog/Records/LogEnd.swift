/// The place behind a log's last record: what the next record must follow.
public struct LogEnd: Hashable, Sendable {
    /// The last record's index; ``LogIndex/zero`` for an empty log.
    public var index: LogIndex
    /// The last record's checksum; 0 for an empty log.
    public var checksum: UInt32
    /// The last record's epoch counter; 0 for an empty log.
    public var epochCounter: UInt32

    /// The beginning of a log.
    public static let empty = LogEnd(index: .zero, checksum: 0, epochCounter: 0)

    public init(index: LogIndex, checksum: UInt32, epochCounter: UInt32) {
        self.index = index
        self.checksum = checksum
        self.epochCounter = epochCounter
    }
}
