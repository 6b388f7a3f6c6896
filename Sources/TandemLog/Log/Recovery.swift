/// What opening a log found, and did.
public struct Recovery: Sendable {
    /// A tail that a crash left behind and that was overwritten with zeros.
    public struct Cut: Sendable {
        public var file: String
        /// Where the tail began.
        public var offset: UInt64
        /// How many bytes it had, up to its last byte that is not zero.
        public var byteCount: UInt64
        /// Why its first bytes are not a whole record.
        public var reason: String
    }

    /// The torn tail, if there was one. Nothing in it had been flushed.
    public var cut: Cut?
    /// Whether a cut (``Log/cut(above:keepingIn:)``) was finished that a crash had broken off.
    public var finishedCut: Bool
    /// The last record of the log as it was opened.
    public var lastIndex: LogIndex
    /// The commit index of the last batch mark.
    public var knownCommit: LogIndex
}

extension Recovery: CustomStringConvertible {
    public var description: String {
        var text = "the log ends at index \(lastIndex)"
        if finishedCut { text += "; a cut that was broken off was finished" }
        if let cut {
            text +=
                "; cut \(cut.byteCount) bytes that were never flushed from \(cut.file) at offset \(cut.offset): \(cut.reason)"
        }
        return text
    }
}
