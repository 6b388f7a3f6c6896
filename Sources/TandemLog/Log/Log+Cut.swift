extension Log {
    /// Cuts the log back so that it ends with record `index`, and keeps what is cut.
    ///
    /// The cut is durable when the call returns; a crash in its middle is made good when the log is opened next.
    /// Nobody may be reading above `index`.
    ///
    /// - Parameter keepingDirectory: where the cut records are kept, as `divergent-<epoch counter>-<index>.log` after
    ///   the first of them, laid out like a segment. Created if it is not there.
    /// - Returns: the path of the file kept; nil if there was nothing to cut.
    /// - Throws: ``LogError``: `missing` if `index` was pruned; others make the log unusable until it is opened again.
    @discardableResult
    public func cut(above index: LogIndex, keepingIn keepingDirectory: String) throws(LogError) -> String? {
        try checkUsable()
        guard index < lastIndex else { return nil }
        guard index.next >= firstIndex else {
            throw LogError(
                .missing, "The log cannot be cut back to record \(index): it begins with record \(firstIndex).",
                file: directory)
        }
        return try attempt { () throws(LogError) in
            let target = try store.segments().last { $0 <= index } ?? firstIndex
            let file = try store.openSegment(target, .read)
            let contents = try SegmentContents(of: file, through: index)
            guard contents.end.index == index else {
                throw LogError.damage(
                    "The log cannot be cut back to record \(index): \(contents.fault ?? "it is not there").",
                    file: file.path, offset: contents.offset)
            }
            let kept = try keepTail(behind: contents, in: keepingDirectory)
            try cut(target, at: contents, file)
            return kept
        }
    }

    private func cut(_ target: LogIndex, at contents: SegmentContents, _ file: any File) throws(LogError) {
        let usedEnd =
            target == active.firstIndex
            ? active.offset
            : try SegmentTail(
                of: file, from: contents.offset, header: contents.header, fileSize: contents.fileSize
            ).usedEnd
        let pending = PendingCut(segment: target, offset: contents.offset, usedEnd: usedEnd)
        try pending.write(in: directory, store.fileSystem)
        try pending.perform(in: directory, store.fileSystem)
        readers = []
        let found = try store.recover(segment: target, group: group, knownApplied: .zero)
        active = found.segment
        end = found.contents.end
        flushedIndex = end.index
        history = found.contents.history
        memberRecords = found.contents.members
        knownCommit = min(knownCommit, end.index)
        lastTime = found.contents.lastTime
        cuts += 1
        flushedWrites = writes
        directoryNeedsFlush = false
    }

    /// Copies all records behind `contents` into a file of their own and makes it durable.
    private func keepTail(behind contents: SegmentContents, in directory: String) throws(LogError) -> String {
        let fileSystem = store.fileSystem
        try fileSystem.createDirectory(directory)
        let path = try freeName(lastEpochCounter, contents.end.index.next, in: directory)
        let file = try fileSystem.open(path + ".partial", .create)
        let header = SegmentHeader(
            group: group, following: contents.end, markSalt: .random(in: .min ... .max), knownCommit: knownCommit,
            followingTime: contents.lastTime, history: contents.history, members: contents.members)
        _ = try SegmentImage.write(header, through: lastIndex, of: self.directory, to: file, fileSystem)
        try file.synchronize()
        try fileSystem.rename(path + ".partial", to: path)
        try fileSystem.synchronizeDirectory(directory)
        return path
    }

    /// Copies the records above `index`, or as many of them as there still are, into a file like one that a cut keeps,
    /// and leaves the log as it is.
    ///
    /// - Returns: the file's path; nil if there are no such records.
    /// - Throws: ``LogError``.
    public func keepRecords(above index: LogIndex, in keepingDirectory: String) throws(LogError) -> String? {
        guard index < lastIndex else { return nil }
        try flush()
        let place = max(index, firstIndex.previous)
        guard let segment = try store.segments().last(where: { $0 <= place.next }) else { return nil }
        let contents = try SegmentContents(of: store.openSegment(segment, .read), through: place)
        return try keepTail(behind: contents, in: keepingDirectory)
    }

    /// A name that no other kept tail has: the same cut may have been kept once before, ahead of a crash.
    private func freeName(_ counter: UInt32, _ index: LogIndex, in directory: String) throws(LogError) -> String {
        let names = Set(try store.fileSystem.names(in: directory))
        let base = "divergent-\(counter)-\(index)"
        var name = "\(base).log"
        var number = 2
        while names.contains(name) {
            name = "\(base)-\(number).log"
            number += 1
        }
        return "\(directory)/\(name)"
    }
}
