/// What a log's last segment was found to hold before anything is changed.
struct FoundSegment {
    let file: any File
    let contents: SegmentContents
    let tail: SegmentTail

    /// What lies behind the last whole record and was never flushed; nil if nothing does.
    var tornTail: Recovery.Cut? { tail.torn(file, from: contents.offset, contents.fault) }
}
