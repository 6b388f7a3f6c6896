import Glibc

/// A segment of a log as the file system knows it.
package struct SegmentFile: Sendable {
    package var name: String
    /// The index of its first record.
    package var firstIndex: LogIndex
    /// In bytes: a segment has its whole size from its beginning on.
    package var size: Int
    /// When it was written last, in seconds since 1970.
    package var modified: Int

    /// The segments in a log's directory, in order; one that is removed meanwhile is left out.
    package static func all(in directory: String) throws(LogError) -> [SegmentFile] {
        try SegmentName.segments(in: directory, SystemFileSystem()).compactMap { index in
            let name = SegmentName.segment(index)
            var status = stat()
            guard stat(directory + "/" + name, &status) == 0 else { return nil }
            return SegmentFile(
                name: name, firstIndex: index, size: Int(status.st_size), modified: status.st_mtim.tv_sec)
        }
    }
}
