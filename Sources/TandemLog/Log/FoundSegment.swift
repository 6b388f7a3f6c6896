/// What a log's last segment was found to hold before anything is changed.
struct FoundSegment {
    let file: any File
    let contents: SegmentContents
    let tail: SegmentTail

    /// What lies behind the last whole record and was never flushed; nil if nothing does.
    var tornTail: Recovery.Cut? {
        guard tail.usedEnd > contents.offset else { return nil }
        return Recovery.Cut(
            file: file.path, offset: UInt64(contents.offset), byteCount: UInt64(tail.usedEnd - contents.offset),
            reason: contents.reason)
    }
}
