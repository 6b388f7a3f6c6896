extension Log {
    /// The log's segments, in their order.
    ///
    /// - Parameter withTimes: whether ``LogRetention/Segment/lastTime`` is wanted, which takes a look at each segment once.
    /// - Throws: ``LogError``.
    public func segments(withTimes: Bool = false) throws(LogError) -> [LogRetention.Segment] {
        let indexes = try store.segments()
        var result: [LogRetention.Segment] = []
        for (place, first) in indexes.enumerated() {
            let isLast = place + 1 == indexes.count
            result.append(
                LogRetention.Segment(
                    firstIndex: first, lastIndex: isLast ? lastIndex : indexes[place + 1].previous,
                    byteCount: UInt64(try store.openSegment(first, .read).size()),
                    lastTime: isLast || !withTimes ? lastTime : try time(before: indexes[place + 1])))
        }
        return result
    }

    /// The commit time of the last record before a segment: the segment's header has it.
    private func time(before first: LogIndex) throws(LogError) -> UInt64 {
        if let known = segmentTimes[first] { return known }
        let time = try SegmentHeader.read(from: store.openSegment(first, .read)).header.followingTime
        segmentTimes[first] = time
        return time
    }
}
