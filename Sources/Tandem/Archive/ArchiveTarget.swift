import TandemLog

/// How far a log was found to be archived.
struct ArchivedSoFar {
    /// Where the last file ends that the log goes on behind; nil if there is none.
    var end: LogEnd?
    /// The highest index of any file.
    var highest: LogIndex
}

/// Where archived files go. Used by the archiving thread, but for ``stop()``.
protocol ArchiveTarget: Sendable {
    /// Whether a node that does not archive sees what others have archived.
    var isShared: Bool { get }

    /// What takes the files, for people.
    var words: String { get }

    /// Makes it ready, and looks how far the log has been archived.
    ///
    /// - Parameters:
    ///   - holding: whether the node's log has the record that an archived file ends with.
    ///   - committed: files that go further are another node's, or of a history that was given up.
    /// - Returns: how far that is.
    func open(
        as node: NodeID, of group: GroupID, holding: (LogEnd) throws -> Bool, through committed: LogIndex
    ) throws -> ArchivedSoFar

    /// Takes a file that `write` writes where it is told to; it is safe when the call returns.
    func add(_ range: ClosedRange<LogIndex>, as node: NodeID, _ write: (String) throws -> ArchiveName) throws
        -> ArchiveName

    /// Breaks off what it is at, from another thread.
    func stop()
}
