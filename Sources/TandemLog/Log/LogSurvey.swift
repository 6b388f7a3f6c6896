/// What the files of a log that no node has open say of its end.
public struct LogSurvey: Sendable {
    /// A record that is known to be committed, and whole.
    public let commit: LogIndex
    public let history: EpochHistory

    /// Nil if there is no log.
    ///
    /// - Throws: ``LogError``: `damaged`, `inputOutput`.
    public init?(directory: String) throws(LogError) {
        let fileSystem = SystemFileSystem()
        guard let last = try SegmentName.segments(in: directory, fileSystem).last else { return nil }
        let file = try fileSystem.open("\(directory)/\(SegmentName.segment(last))", .read)
        let contents = try SegmentContents(of: file)
        commit = min(contents.knownCommit, contents.end.index)
        history = contents.history
    }
}
