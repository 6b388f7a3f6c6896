/// The name of a file in an archive of a log: which records it holds, and of which history.
///
/// `FIRST-LAST-EPOCH-CHECKSUM.tandemlog`, hexadecimal: the indexes of the first and the last record, the counter of the
/// last record's epoch, and its checksum. Records are chained by their checksums, so the last one's tells what all of them
/// are: two files of one name have the same records, whoever wrote them.
public struct ArchiveName: Hashable, Sendable {
    public var first: LogIndex
    public var last: LogIndex
    public var epochCounter: UInt32
    public var checksum: UInt32

    /// What the record behind the file's last one must follow.
    public var end: LogEnd { LogEnd(index: last, checksum: checksum, epochCounter: epochCounter) }

    init(first: LogIndex, end: LogEnd) {
        self.first = first
        last = end.index
        epochCounter = end.epochCounter
        checksum = end.checksum
    }

    /// Reads what ``description`` writes; nil for anything else.
    public init?(_ text: String) {
        guard text.hasSuffix(SegmentName.suffix) else { return nil }
        let parts = text.dropLast(SegmentName.suffix.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, let first = UInt64(parts[0], radix: 16), let last = UInt64(parts[1], radix: 16),
            let epochCounter = UInt32(parts[2], radix: 16), let checksum = UInt32(parts[3], radix: 16),
            first > 0, first <= last, LogIndex(last) <= .maximum
        else { return nil }
        (self.first, self.last) = (LogIndex(first), LogIndex(last))
        (self.epochCounter, self.checksum) = (epochCounter, checksum)
        guard text == description else { return nil }
    }
}

extension ArchiveName: CustomStringConvertible {
    public var description: String {
        let parts = [
            SegmentName.hexadecimal(first.rawValue, digits: 16), SegmentName.hexadecimal(last.rawValue, digits: 16),
            SegmentName.hexadecimal(UInt64(epochCounter), digits: 8),
            SegmentName.hexadecimal(UInt64(checksum), digits: 8),
        ]
        return parts.joined(separator: "-") + SegmentName.suffix
    }
}

extension ArchiveName: Comparable {
    /// In the order of the records; of those that begin alike, the longest last.
    public static func < (lhs: ArchiveName, rhs: ArchiveName) -> Bool {
        (lhs.first, lhs.last, lhs.epochCounter, lhs.checksum) < (rhs.first, rhs.last, rhs.epochCounter, rhs.checksum)
    }
}
