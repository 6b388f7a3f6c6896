/// The names of the files in a log's directory.
enum SegmentName {
    static let suffix = ".tandemlog"
    /// A segment that was prepared ahead of time, whole and durable.
    static let prepared = "next.prepared"
    /// A segment that is being prepared, or was when the process ended.
    static let preparing = "next.preparing"
    /// A segment that is made when none was prepared.
    static let unprepared = "next.unprepared"
    /// A cut that has been decided and not yet finished.
    static let cut = "cut.pending"
    static let lock = "LOCK"

    /// The name of the segment that begins with record `index`.
    static func segment(_ index: LogIndex) -> String { hexadecimal(index.rawValue, digits: 16) + suffix }

    /// The index of the first record of the segment called `name`; nil if that is no segment's name.
    static func firstIndex(_ name: String) -> LogIndex? {
        guard name.hasSuffix(suffix), name.utf8.count == 16 + suffix.utf8.count,
            let index = UInt64(name.dropLast(suffix.count), radix: 16), name == segment(LogIndex(index))
        else { return nil }
        return LogIndex(index)
    }

    /// The first indexes of the segments in `directory`, ascending.
    static func segments(in directory: String, _ fileSystem: any FileSystem) throws(LogError) -> [LogIndex] {
        try fileSystem.names(in: directory).compactMap(firstIndex).sorted()
    }

    /// With zeros in front, as many as it takes.
    static func hexadecimal(_ value: UInt64, digits count: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}
