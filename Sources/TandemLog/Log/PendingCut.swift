/// A cut that has been decided: written durably before the first byte is touched, and followed to its end whenever
/// the log is opened, so that a crash in its middle leaves neither half a tail nor one that looks like damage.
struct PendingCut {
    static let magic: [UInt8] = Array("TANDEMCT".utf8)
    static let size = 36

    /// The segment the cut is in; all later ones are removed.
    var segment: LogIndex
    /// Where the zeros begin, and where what was written before ends.
    var offset: Int
    var usedEnd: Int

    func encode() -> [UInt8] {
        var writer = ByteWriter()
        writer.write(Self.magic)
        writer.writeInteger(segment.rawValue)
        writer.writeInteger(UInt64(offset))
        writer.writeInteger(UInt64(usedEnd))
        let checksum = writer.bytes.withUnsafeBytes { Checksum.crc32c($0) }
        writer.writeInteger(checksum)
        return writer.bytes
    }

    init(segment: LogIndex, offset: Int, usedEnd: Int) {
        self.segment = segment
        self.offset = offset
        self.usedEnd = usedEnd
    }

    /// Reads the cut that is pending in `directory`; nil if there is none.
    init?(in directory: String, _ fileSystem: any FileSystem) throws(LogError) {
        guard try fileSystem.names(in: directory).contains(SegmentName.cut) else { return nil }
        let file = try fileSystem.open("\(directory)/\(SegmentName.cut)", .read)
        let bytes = try file.bytes(at: 0, count: Self.size)
        let numbers: [UInt64]? = bytes.withUnsafeBytes { pointer in
            guard pointer.count == Self.size, Array(pointer[0..<8]) == Self.magic else { return nil }
            let checksum = Checksum.crc32c(UnsafeRawBufferPointer(rebasing: pointer[..<(Self.size - 4)]))
            guard pointer.loadUnaligned(fromByteOffset: Self.size - 4, as: UInt32.self).littleEndian == checksum
            else { return nil }
            return (1...3).map { pointer.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self).littleEndian }
        }
        guard let numbers, let offset = Int(exactly: numbers[1]), let usedEnd = Int(exactly: numbers[2]) else {
            throw LogError.damage("The note of a pending cut is damaged.", file: file.path, offset: 0)
        }
        self.init(segment: LogIndex(numbers[0]), offset: offset, usedEnd: usedEnd)
    }

    /// Makes the intention durable.
    func write(in directory: String, _ fileSystem: any FileSystem) throws(LogError) {
        let temporary = "\(directory)/\(SegmentName.cut).new"
        let file = try fileSystem.open(temporary, .create)
        try file.write(encode(), at: 0)
        try file.synchronize()
        try fileSystem.rename(temporary, to: "\(directory)/\(SegmentName.cut)")
        try fileSystem.synchronizeDirectory(directory)
    }

    /// Cuts. Nothing may be appended before this has returned: the note's removal is durable then.
    func perform(in directory: String, _ fileSystem: any FileSystem) throws(LogError) {
        for later in try SegmentName.segments(in: directory, fileSystem).reversed() where later > segment {
            try fileSystem.remove("\(directory)/\(SegmentName.segment(later))")
        }
        let file = try fileSystem.open("\(directory)/\(SegmentName.segment(segment))", .readWrite)
        try file.writeZeros(from: offset, count: max(0, usedEnd - offset))
        try file.synchronize()
        try fileSystem.synchronizeDirectory(directory)
        try fileSystem.remove("\(directory)/\(SegmentName.cut)")
        try fileSystem.synchronizeDirectory(directory)
    }
}
