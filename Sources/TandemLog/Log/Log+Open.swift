extension Log {
    /// Opens the log in `directory`, and creates it if there is none.
    ///
    /// A torn tail, which a crash leaves behind, is cut and said. Everything that is left is durable.
    ///
    /// - Parameters:
    ///   - group: the group it must belong to.
    ///   - knownApplied: the last record known to be applied to the database: a log that ends below it is damaged.
    /// - Throws: ``LogError``: `damaged` with file and offset if flushed bytes are not what they were, `wrongGroup`,
    ///   `locked` if it is open already, `unsupportedVersion`, `diskFull`, `inputOutput`.
    public static func open(
        directory: String, group: GroupID, knownApplied: LogIndex = .zero, options: Options = Options()
    ) throws(LogError) -> (log: Log, recovery: Recovery) {
        try open(
            directory: directory, group: group, knownApplied: knownApplied, options: options,
            fileSystem: SystemFileSystem())
    }

    /// The same on any file system.
    package static func open(
        directory: String, group: GroupID, knownApplied: LogIndex = .zero, options: Options = Options(),
        fileSystem: any FileSystem
    ) throws(LogError) -> (log: Log, recovery: Recovery) {
        let store = LogStore(directory: directory, fileSystem: fileSystem)
        try fileSystem.createDirectory(directory)
        let lock = try fileSystem.lock(store.path(SegmentName.lock))
        let finishedCut = try store.finishPendingCut()
        try store.removeLeftovers()
        let preparer = SegmentPreparer(directory: directory, size: options.segmentSize, fileSystem: fileSystem)
        var segments = try store.segments()
        if segments.isEmpty {
            try createFirst(store, group, knownApplied, options, preparer)
            segments = try store.segments()
        }
        // All that may refuse comes before the first change.
        let (found, useless) = try store.examine(lastOf: segments, group: group, knownApplied: knownApplied)
        if options.verifiesOlderSegments {
            try OlderSegments(segments, before: found.contents.header, in: store).check()
        }
        if let useless { try store.remove(useless) }
        let sound = try store.makeSound(found)
        let log = Log(
            store: store, group: group, options: options, preparer: preparer, lock: lock, active: sound.segment,
            contents: sound.contents, firstIndex: segments.first ?? found.contents.header.firstIndex)
        if options.prepareAhead { preparer.request() }
        let recovery = Recovery(
            cut: useless?.tornTail ?? sound.cut, finishedCut: finishedCut, lastIndex: log.lastIndex,
            knownCommit: log.knownCommit)
        return (log, recovery)
    }

    private static func createFirst(
        _ store: LogStore, _ group: GroupID, _ knownApplied: LogIndex, _ options: Options, _ preparer: SegmentPreparer
    ) throws(LogError) {
        guard knownApplied == .zero else {
            throw LogError.damage(
                "The log is gone: there is no segment, but record \(knownApplied) was applied to the database.",
                file: store.directory, offset: 0)
        }
        if options.prepareAhead { try preparer.prepareNow() }
        let header = SegmentHeader(
            group: group, following: .empty, markSalt: .random(in: .min ... .max), knownCommit: .zero,
            followingTime: 0, history: EpochHistory(), members: [])
        _ = try Log.createSegment(header, store, options, preparer)
        try store.fileSystem.synchronizeDirectory(store.directory)
    }

    /// Takes the prepared segment, or else makes one, and gives it its header and its name.
    static func createSegment(
        _ header: SegmentHeader, _ store: LogStore, _ options: Options, _ preparer: SegmentPreparer
    ) throws(LogError) -> ActiveSegment {
        if let file = try preparer.take() {
            return try store.begin(header, in: file, named: SegmentName.prepared)
        }
        let file = try store.fileSystem.open(store.path(SegmentName.unprepared), .create)
        try file.allocate(options.segmentSize)
        return try store.begin(header, in: file, named: SegmentName.unprepared)
    }

    /// Whether a directory holds a log.
    public static func exists(in directory: String) throws(LogError) -> Bool { try firstIndex(in: directory) != nil }

    /// The first record of the log in a directory, or the one that will be; nil if there is no log.
    public static func firstIndex(in directory: String) throws(LogError) -> LogIndex? {
        try SegmentName.segments(in: directory, SystemFileSystem()).first
    }

    /// Ends the log's use: flushes, with a mark that proves that everything was flushed, and frees what it holds.
    /// A log that is not closed loses nothing that was flushed.
    ///
    /// - Parameter knownCommit: the commit index, remembered for the next start.
    /// - Throws: ``LogError``, also if the log had failed before; it is closed nevertheless.
    public func close(knownCommit: LogIndex = .zero) throws(LogError) {
        defer {
            preparer.stop()
            readers = []
            lock = nil
            failure = LogError(.closed, "The log was closed.")
        }
        try flush()
        try attempt { () throws(LogError) in
            self.knownCommit = max(self.knownCommit, min(knownCommit, flushedIndex))
            try active.append(UnsafeRawBufferPointer(start: nil, count: 0), mark: self.knownCommit)
            writes += 1
        }
        try flush()
    }
}
