/// A flush of the log on its way: any thread may carry it out while the log's own thread goes on.
///
/// The log's thread takes it with ``Log/beginFlush()`` and hands back what came of it with ``Log/endFlush(_:)``.
public struct LogFlush: Sendable {
    /// Everything up to this record is durable once it has succeeded.
    public let index: LogIndex
    let file: any File
    /// The directory, where a segment got its name since it was flushed last.
    let directory: (path: String, fileSystem: any FileSystem)?
    /// How much had been written and how often the log had been cut when it was taken.
    let writes: UInt64
    let cuts: UInt64

    /// Makes what was written durable; blocks on the disk.
    public func perform() throws(LogError) {
        try file.synchronize()
        if let directory { try directory.fileSystem.synchronizeDirectory(directory.path) }
        // Whoever removes the directory takes nothing from the open file: its flush succeeds, and the next start finds
        // no log.
        guard file.isInPlace else {
            throw LogError(
                .inputOutput,
                "The log is not where it was: its directory was moved or removed while the node ran. Put it back and start the node again.",
                file: file.path)
        }
    }
}

extension Log {
    /// Takes what has to be flushed; nil if nothing has.
    public func beginFlush() -> LogFlush? {
        guard failure == nil, flushedWrites < writes else { return nil }
        return LogFlush(
            index: end.index, file: active.file,
            directory: directoryNeedsFlush ? (directory, store.fileSystem) : nil, writes: writes, cuts: cuts)
    }

    /// Counts what a flush has made durable.
    ///
    /// - Parameter result: what ``LogFlush/perform()`` gave.
    /// - Returns: the last durable record's index, now ``flushedIndex``.
    /// - Throws: ``LogError``. After a flush that failed every later call throws: the bytes may be lost although a
    ///   second flush would succeed. Open the log again.
    @discardableResult
    public func endFlush(_ flush: LogFlush, _ result: Result<Void, LogError>) throws(LogError) -> LogIndex {
        // What has been cut off since is not what was flushed; what was left has been written and flushed anew.
        guard flush.cuts == cuts else { return flushedIndex }
        try attempt { () throws(LogError) in
            try result.get()
            if flush.file === active.file, flush.directory != nil { directoryNeedsFlush = false }
            flushedWrites = max(flushedWrites, flush.writes)
            flushedIndex = max(flushedIndex, flush.index)
        }
        return flushedIndex
    }

    /// Makes all that was appended durable.
    ///
    /// - Returns: the last record's index, now ``flushedIndex``.
    /// - Throws: as ``endFlush(_:_:)``.
    @discardableResult
    public func flush() throws(LogError) -> LogIndex {
        try checkUsable()
        guard let flush = beginFlush() else { return flushedIndex }
        return try endFlush(flush, Result { () throws(LogError) in try flush.perform() })
    }
}
