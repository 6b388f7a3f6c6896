extension Log {
    /// Removes the segment that was prepared ahead of time, and what an earlier process left half made: they only take room,
    /// and are made anew. The log must not be open.
    public static func giveRoomBack(in directory: String) throws(LogError) {
        let fileSystem = SystemFileSystem()
        let names = try fileSystem.names(in: directory)
        for name in [SegmentName.prepared, SegmentName.preparing, SegmentName.unprepared] where names.contains(name) {
            try fileSystem.remove("\(directory)/\(name)")
        }
    }
}
