/// A log's directory on a file system: opens and creates segments.
struct LogStore {
    let directory: String
    let fileSystem: any FileSystem

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    func segments() throws(LogError) -> [LogIndex] { try SegmentName.segments(in: directory, fileSystem) }

    func openSegment(_ first: LogIndex, _ mode: FileMode) throws(LogError) -> any File {
        try fileSystem.open(path(SegmentName.segment(first)), mode)
    }

    /// Gives the segment in `file`, which lies under the name `name`, its header and its name.
    ///
    /// The header is durable before the name is there, so a segment whose header cannot be read is damaged, never
    /// torn. The name becomes durable with the next flush.
    func begin(_ header: SegmentHeader, in file: any File, named name: String) throws(LogError) -> ActiveSegment {
        let bytes = header.encode()
        try file.write(bytes, at: 0)
        try file.synchronize()
        let path = path(SegmentName.segment(header.firstIndex))
        try fileSystem.rename(self.path(name), to: path)
        return ActiveSegment(file: try fileSystem.open(path, .readWrite), header: header, offset: bytes.count)
    }

    /// Finishes a cut that a crash broke off; false if there was none.
    func finishPendingCut() throws(LogError) -> Bool {
        guard let cut = try PendingCut(in: directory, fileSystem) else { return false }
        try cut.perform(in: directory, fileSystem)
        return true
    }

    /// Removes what an earlier process left half made, which only takes room.
    func removeLeftovers() throws(LogError) {
        let names = try fileSystem.names(in: directory)
        for name in [SegmentName.preparing, SegmentName.unprepared] where names.contains(name) {
            try fileSystem.remove(path(name))
        }
    }
}
