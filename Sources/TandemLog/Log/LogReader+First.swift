extension LogReader {
    /// A reader of the log in `directory` from the first record that is still there.
    ///
    /// - Throws: ``LogError``: `missing` if there is no log.
    public convenience init(directory: String) throws(LogError) {
        let segments = try SegmentName.segments(in: directory, SystemFileSystem())
        guard let first = segments.first else {
            throw LogError(.missing, "There is no log.", file: directory)
        }
        try self.init(directory: directory, from: first)
    }
}
