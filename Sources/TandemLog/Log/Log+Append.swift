extension Log {
    /// Writes records behind the log's last one. They are durable only after ``flush()``.
    ///
    /// If everything before is durable, a batch mark is written with them in the same call. Where a record of the
    /// batch begins a segment, so does the log.
    ///
    /// - Parameter knownCommit: the commit index known, remembered for the next start.
    /// - Throws: ``LogError``: `notFollowing`, and nothing has changed; `diskFull`, `inputOutput`, and the log must
    ///   be opened again, where whatever was written in part is cut; `failed` after an earlier error.
    public func append(_ batch: RecordBatch, knownCommit: LogIndex = .zero) throws(LogError) {
        try checkUsable()
        try checkFollows(batch)
        self.knownCommit = max(self.knownCommit, min(knownCommit, flushedIndex))
        try attempt { () throws(LogError) in
            try batch.withUnsafeBytes { bytes throws(LogError) in try append(bytes, of: batch) }
        }
    }

    private func append(_ bytes: UnsafeRawBufferPointer, of batch: RecordBatch) throws(LogError) {
        var offset = 0
        for beginning in batch.segmentBeginnings {
            if beginning.offset > offset {
                let part = UnsafeRawBufferPointer(rebasing: bytes[offset..<beginning.offset])
                try write(part, upTo: beginning.following, of: batch)
                offset = beginning.offset
            }
            // A segment without records has begun already.
            if end.index >= active.firstIndex { try beginSegment() }
        }
        try write(UnsafeRawBufferPointer(rebasing: bytes[offset...]), upTo: batch.end, of: batch)
        lastTime = batch.lastTime
    }

    private func write(
        _ bytes: UnsafeRawBufferPointer, upTo newEnd: LogEnd, of batch: RecordBatch
    ) throws(LogError) {
        writes += 1
        try active.append(bytes, mark: flushedIndex == end.index ? knownCommit : nil)
        end = newEnd
        // Epochs and members are rare; most batches have none.
        for epoch in batch.epochs
        where epoch.index <= end.index && epoch.index > (history.entries.last?.firstIndex ?? 0) {
            history.begin(epoch.epoch, at: epoch.index)
        }
        for members in batch.members
        where members.index <= end.index && members.index > (memberRecords.last?.index ?? 0) {
            memberRecords.append(members)
        }
    }

    private func checkFollows(_ batch: RecordBatch) throws(LogError) {
        var newHistory = history
        var fits = batch.following.index == end.index && batch.following.checksum == end.checksum
        for epoch in batch.epochs where fits {
            fits = newHistory.canBegin(epoch.epoch, at: epoch.index)
            if fits { newHistory.begin(epoch.epoch, at: epoch.index) }
        }
        let firstIsEpoch = batch.epochs.first?.index == batch.firstIndex
        guard fits, firstIsEpoch || batch.firstEpochCounter == end.epochCounter else {
            throw LogError(
                .notFollowing,
                "Records \(batch.firstIndex) to \(batch.lastIndex) of epoch \(batch.firstEpochCounter) do not follow the log, which ends with record \(lastIndex) of epoch \(lastEpochCounter)."
            )
        }
    }

    /// Ends the active segment and begins the next one with the next record.
    private func beginSegment() throws(LogError) {
        // A segment is durable before the next one has a name: damage in it can then be told from a torn tail.
        try flush()
        let committed = memberRecords.lastIndex { $0.index <= knownCommit } ?? memberRecords.startIndex
        memberRecords.removeFirst(committed)
        let header = SegmentHeader(
            group: group, following: end, markSalt: .random(in: .min ... .max), knownCommit: knownCommit,
            followingTime: lastTime, history: history, members: memberRecords)
        active = try Log.createSegment(header, store, options, preparer)
        directoryNeedsFlush = true
        writes += 1
        if options.prepareAhead { preparer.request() }
    }
}
