import Glibc

/// Any bytes as a file of the log: read to the end, or refused. Then the same with the checksums that a program would have
/// written, so that what lies behind these is reached, too.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var bytes = Array(UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
    let count = read(bytes)
    seal(&bytes)
    precondition(read(bytes) >= count, "what a program has written is sealed as it is")
    return 0
}

/// - Returns: how many records there are up to a bad place.
private func read(_ bytes: [UInt8]) -> Int {
    // In memory: a file of this process.
    let path = "/dev/shm/tandem-fuzz-\(getpid())"
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard file >= 0 else { return 0 }
    defer { unlink(path) }
    _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    close(file)
    var count = 0
    for mayBeTorn in [false, true] {
        do throws(LogError) {
            try readRecords(of: try LogReader(file: path, mayBeTorn: mayBeTorn), &count)
        } catch {
            precondition(!error.message.isEmpty)
        }
    }
    return count
}

private func readRecords(of reader: LogReader, _ count: inout Int) throws(LogError) {
    let decoder = ChangeDecoder(tables: reader.tables)
    while let batch = try reader.next() {
        try batch.forEachRecord { (record) throws(LogError) in
            count += 1
            // What one record is malformed by keeps nobody from the next.
            do throws(LogError) {
                switch record.kind {
                case .epoch: _ = try EpochRecord(decoding: record.payload)
                case .members: _ = try MemberRecord(decoding: record.payload)
                default:
                    decoder.begin(record)
                    while try decoder.next() != nil {}
                }
            } catch {
                precondition(!error.message.isEmpty)
            }
        }
    }
}

/// Makes the header, its records and marks, as far as their lengths lead, what a reader believes: magic, checksums, indexes
/// one behind the other, and their epoch.
private func seal(_ bytes: inout [UInt8]) {
    guard bytes.count >= SegmentHeader.fixedSize else { return }
    bytes.replaceSubrange(0..<8, with: SegmentHeader.magic)
    bytes.store(SegmentHeader.version, at: 8)
    let size = Int(bytes.load(UInt32.self, at: 12))
    guard size >= SegmentHeader.fixedSize + 4, size <= bytes.count else { return }
    bytes.store(bytes[..<(size - 4)].withUnsafeBytes { Checksum.crc32c($0) }, at: size - 4)
    var index = bytes.load(UInt64.self, at: 32)
    guard index > 0, index <= LogIndex.maximum.rawValue else { return }
    var checksum = bytes.load(UInt32.self, at: 40)
    var epochCounter = bytes.load(UInt32.self, at: 44)
    let header = SegmentHeader(
        group: GroupID(UniqueID(high: 0, low: 0)),
        following: LogEnd(index: LogIndex(index - 1), checksum: checksum, epochCounter: epochCounter),
        markSalt: bytes.load(UInt64.self, at: 48), knownCommit: .zero, followingTime: 0, history: EpochHistory(),
        members: [])
    var offset = size
    while offset + RecordLayout.payload <= bytes.count {
        let length = Int(bytes.load(UInt32.self, at: offset))
        if length == BatchMark.bodySize {
            let commit = LogIndex(bytes.load(UInt64.self, at: offset + BatchMark.size - 8) >> 16)
            let mark = BatchMark.encode(knownCommit: commit, at: offset, in: header)
            bytes.replaceSubrange(offset..<offset + mark.count, with: mark)
            offset += mark.count
            continue
        }
        let end = offset + RecordLayout.prefixSize + length
        guard length >= RecordLayout.bodyHeaderSize, end <= bytes.count else { return }
        let kind = bytes[offset + RecordLayout.kind] & ~RecordLayout.beginsSegment
        withUnsafeBytes(of: index.littleEndian) {
            bytes.replaceSubrange(offset + RecordLayout.index..<offset + RecordLayout.epochCounter, with: $0.prefix(6))
        }
        if kind == RecordKind.epoch.rawValue {
            epochCounter = max(epochCounter, bytes.load(UInt32.self, at: offset + RecordLayout.epochCounter))
        }
        bytes.store(epochCounter, at: offset + RecordLayout.epochCounter)
        checksum = bytes[(offset + RecordLayout.prefixSize)..<end].withUnsafeBytes {
            Checksum.record(previous: checksum, body: $0)
        }
        bytes.store(checksum, at: offset + 4)
        index += 1
        offset = end
    }
}

extension [UInt8] {
    fileprivate func load<Number: FixedWidthInteger>(_: Number.Type, at offset: Int) -> Number {
        withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self).littleEndian }
    }

    fileprivate mutating func store<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
        withUnsafeMutableBytes { $0.storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self) }
    }
}
