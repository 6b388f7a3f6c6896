extension Log {
    /// How many places are remembered where somebody may go on reading.
    private static let maximumReaders = 8

    /// Records of the log as they are sent to a replica, without batch marks.
    ///
    /// Reading on where an earlier call ended costs no search; beginning elsewhere reads its segment from the start.
    ///
    /// - Parameters:
    ///   - through: the last record wanted; the log's last is enough.
    ///   - maximumBytes: about how many bytes the batch may have. A longer record comes alone.
    /// - Returns: the records from `from` on; nil if there are none up to `through`.
    /// - Throws: ``LogError``: `missing` if `from` was pruned, `damaged` with file and offset.
    public func read(
        from: LogIndex, through: LogIndex, maximumBytes: Int = 1 << 20
    ) throws(LogError) -> RecordBatch? {
        if let failure, failure.code == .closed { throw failure }
        let last = min(through, lastIndex)
        guard from <= last else { return nil }
        let reader = try takeReader(at: from)
        let batch = try reader.next(through: last, maximumBytes: maximumBytes)
        readers.append(reader)
        if readers.count > Self.maximumReaders { readers.removeFirst() }
        return batch
    }

    private func takeReader(at index: LogIndex) throws(LogError) -> LogReader {
        if let place = readers.lastIndex(where: { $0.nextIndex == index }) { return readers.remove(at: place) }
        return try LogReader(directory: directory, from: index, findsTables: false, fileSystem: store.fileSystem)
    }

    /// Removes segments whose records are all below `index`. The last segment always stays.
    ///
    /// The caller answers for `index`: nothing from it on may be needed by the database after a power loss, by a
    /// snapshot or by a replica (docs/REPLICATION.md, rule 33).
    ///
    /// - Returns: how many segments were removed.
    /// - Throws: ``LogError`` (`inputOutput`); the log goes on all the same, with the segments that are still there.
    @discardableResult
    public func prune(below index: LogIndex) throws(LogError) -> Int {
        try checkUsable()
        let segments = try store.segments()
        var removed = 0
        // From the first one on: whatever a crash leaves is a log without a gap.
        for (first, following) in zip(segments, segments.dropFirst()) where following <= index {
            try store.fileSystem.removeUnhurried(store.path(SegmentName.segment(first)))
            firstIndex = following
            segmentTimes[following] = nil
            removed += 1
        }
        if removed > 0 { try store.fileSystem.synchronizeDirectory(directory) }
        return removed
    }
}
