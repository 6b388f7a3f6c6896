/// The beginning of a segment (docs/LOG-FORMAT.md, "Segment header"): all that is needed to read it alone.
struct SegmentHeader: Hashable {
    static let magic: [UInt8] = Array("TANDEMLG".utf8)
    static let version: UInt16 = 1
    /// Headers fill whole sectors, so that no record shares one with a header.
    static let alignment = 512
    /// A history of half a million reigns; bounds what a damaged header can ask for.
    static let maximumSize = 16 << 20
    /// How many bytes must be read to know the header's size.
    static let fixedSize = 80

    var group: GroupID
    /// What the segment's first record follows.
    var following: LogEnd
    /// A random number of this file's own that its batch marks are made with, so that no user data can look like one.
    var markSalt: UInt64
    /// The commit index known when the segment was begun.
    var knownCommit: LogIndex
    /// The commit time of the record before the first.
    var followingTime: UInt64
    /// The epochs begun before the segment.
    var history: EpochHistory
    /// The last member record known to be committed when the segment was begun, and all after it.
    var members: [RecordBatch.MembersBeginning]

    var firstIndex: LogIndex { following.index.next }

    func encode() -> [UInt8] {
        var variable = ByteWriter()
        for entry in history.entries {
            variable.writeEpoch(entry.epoch)
            variable.writeInteger(entry.firstIndex.rawValue)
        }
        for entry in members {
            let bytes = entry.record.encode()
            variable.writeInteger(entry.index.rawValue)
            variable.writeInteger(UInt32(bytes.count))
            variable.write(bytes)
        }
        let size = Self.fixedSize + variable.bytes.count + 4
        let padded = (size + Self.alignment - 1) / Self.alignment * Self.alignment
        var writer = ByteWriter()
        encodeFixedPart(into: &writer, size: padded)
        writer.write(variable.bytes)
        writer.pad(toMultipleOf: Self.alignment, reserving: 4)
        let checksum = writer.bytes.withUnsafeBytes { Checksum.crc32c($0) }
        writer.writeInteger(checksum)
        return writer.bytes
    }

    private func encodeFixedPart(into writer: inout ByteWriter, size: Int) {
        writer.write(Self.magic)
        writer.writeInteger(Self.version)
        writer.writeInteger(UInt16(0))
        writer.writeInteger(UInt32(size))
        writer.writeUniqueID(group.id)
        writer.writeInteger(firstIndex.rawValue)
        writer.writeInteger(following.checksum)
        writer.writeInteger(following.epochCounter)
        writer.writeInteger(markSalt)
        writer.writeInteger(knownCommit.rawValue)
        writer.writeInteger(followingTime)
        writer.writeInteger(UInt32(history.entries.count))
        writer.writeInteger(UInt32(members.count))
    }
}

extension SegmentHeader {
    /// Reads the header of `file`.
    ///
    /// - Returns: the header and its size, which is where the records begin.
    /// - Throws: ``LogError``: `damaged`, or `unsupportedVersion`.
    static func read(from file: any File) throws(LogError) -> (header: SegmentHeader, size: Int) {
        let fixed = try file.bytes(at: 0, count: fixedSize)
        guard fixed.count == fixedSize, Array(fixed[0..<8]) == magic else {
            throw damaged(file, "it does not begin with the mark of a log segment")
        }
        let version = UInt16(fixed[8]) | UInt16(fixed[9]) << 8
        let size = fixed[12..<16].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard size >= fixedSize + 4, size <= maximumSize, size % alignment == 0 else {
            throw damaged(file, "the header's size is impossible")
        }
        let bytes = try file.bytes(at: 0, count: size)
        guard bytes.count == size else { throw damaged(file, "the file ends inside the header") }
        let computed = bytes.dropLast(4).withUnsafeBytes { Checksum.crc32c($0) }
        let stored = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard computed == stored else { throw damaged(file, "the header's checksum is wrong") }
        guard version == Self.version else {
            throw LogError(
                .unsupportedVersion,
                "The log's format is version \(version); this program reads version \(Self.version). Use the program that wrote it, or a later one.",
                file: file.path, offset: 8)
        }
        return (try decode(bytes, file), size)
    }

    private static func decode(_ bytes: [UInt8], _ file: any File) throws(LogError) -> SegmentHeader {
        let result: Result<SegmentHeader, Malformation> = bytes.withUnsafeBytes { pointer in
            var reader = ByteReader(UnsafeRawBufferPointer(rebasing: pointer[16..<pointer.count - 4]))
            return Result { () throws(Malformation) in try SegmentHeader(from: &reader) }
        }
        switch result {
        case .success(let header): return header
        case .failure(let malformation): throw damaged(file, malformation.explanation)
        }
    }

    private init(from reader: inout ByteReader) throws(Malformation) {
        group = GroupID(try reader.readUniqueID())
        let firstIndex = LogIndex(try reader.readInteger(UInt64.self))
        guard firstIndex > .zero, firstIndex <= .maximum else { throw .count }
        let checksum = try reader.readInteger(UInt32.self)
        let epochCounter = try reader.readInteger(UInt32.self)
        following = LogEnd(index: firstIndex.previous, checksum: checksum, epochCounter: epochCounter)
        markSalt = try reader.readInteger(UInt64.self)
        knownCommit = LogIndex(try reader.readInteger(UInt64.self))
        followingTime = try reader.readInteger(UInt64.self)
        let epochCount = try reader.readInteger(UInt32.self)
        let memberCount = try reader.readInteger(UInt32.self)
        history = try Self.readHistory(count: epochCount, &reader)
        members = try Self.readMembers(count: memberCount, &reader)
        // What follows is padding, which the checksum covers.
    }

    private static func readHistory(count: UInt32, _ reader: inout ByteReader) throws(Malformation) -> EpochHistory {
        var entries: [EpochHistory.Entry] = []
        for _ in 0..<count {
            let epoch = try reader.readEpoch()
            entries.append(.init(epoch: epoch, firstIndex: LogIndex(try reader.readInteger(UInt64.self))))
        }
        guard let history = EpochHistory(entries) else { throw .count }
        return history
    }

    private static func readMembers(
        count: UInt32, _ reader: inout ByteReader
    ) throws(Malformation) -> [RecordBatch.MembersBeginning] {
        var members: [RecordBatch.MembersBeginning] = []
        for _ in 0..<count {
            let index = LogIndex(try reader.readInteger(UInt64.self))
            let size = try reader.readInteger(UInt32.self)
            var part = ByteReader(try reader.readBytes(Int(size)))
            members.append(.init(index: index, record: try MemberRecord(from: &part)))
            try part.expectEnd()
        }
        return members
    }

    private static func damaged(_ file: any File, _ reason: String) -> LogError {
        LogError.damage("The segment's header is damaged: \(reason).", file: file.path, offset: 0)
    }
}
