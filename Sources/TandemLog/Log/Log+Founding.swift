extension Log {
    /// Makes an empty log whose first record will be the one behind `end`: that of a group whose database begins with
    /// what came from elsewhere. A replica of it needs a snapshot, for the records before are nowhere.
    ///
    /// Durable when the call returns. There must be no log in the directory.
    ///
    /// - Parameters:
    ///   - time: when the record before was committed, in microseconds since 1970; no later one will be below.
    ///   - history: the epochs that the records before were written in.
    ///   - members: those of the group; it counts as committed.
    /// - Throws: ``LogError``.
    public static func found(
        directory: String, group: GroupID, behind end: LogEnd, time: UInt64, history: EpochHistory,
        members: MemberRecord, options: Options = Options()
    ) throws(LogError) {
        let fileSystem = SystemFileSystem()
        try fileSystem.createDirectory(directory)
        var options = options
        options.prepareAhead = false
        let preparer = SegmentPreparer(directory: directory, size: options.segmentSize, fileSystem: fileSystem)
        let header = SegmentHeader(
            group: group, following: end, markSalt: .random(in: .min ... .max), knownCommit: end.index,
            followingTime: time, history: history, members: [.init(index: end.index, record: members)])
        _ = try createSegment(header, LogStore(directory: directory, fileSystem: fileSystem), options, preparer)
        try fileSystem.synchronizeDirectory(directory)
    }
}
