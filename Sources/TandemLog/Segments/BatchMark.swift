/// What a node writes for itself at the start of a flushed batch (docs/LOG-FORMAT.md, "Batch marks"): everything
/// before it was durable when it was written, and the commit index was known to be `knownCommit`.
enum BatchMark {
    /// Length, checksum, kind 0, commit index.
    static let size = 15
    static let bodySize = 7

    static func encode(knownCommit: LogIndex, at offset: Int, in header: SegmentHeader) -> [UInt8] {
        var writer = ByteWriter()
        writer.writeInteger(UInt32(bodySize))
        let body = [UInt8(0)] + withUnsafeBytes(of: knownCommit.rawValue.littleEndian) { Array($0.prefix(6)) }
        writer.writeInteger(body.withUnsafeBytes { checksum(of: $0, at: offset, in: header) })
        writer.write(body)
        return writer.bytes
    }

    /// The commit index of the mark at the beginning of `bytes`, which lie at `offset`; nil if there is no valid one.
    static func decode(_ bytes: UnsafeRawBufferPointer, at offset: Int, in header: SegmentHeader) -> LogIndex? {
        guard bytes.count >= size, bytes.loadUnaligned(as: UInt32.self).littleEndian == UInt32(bodySize), bytes[8] == 0
        else { return nil }
        let body = UnsafeRawBufferPointer(rebasing: bytes[8..<size])
        let stored = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self).littleEndian
        guard stored == checksum(of: body, at: offset, in: header) else { return nil }
        // The eight bytes that end with the index's six.
        return LogIndex(bytes.loadUnaligned(fromByteOffset: size - 8, as: UInt64.self).littleEndian >> 16)
    }

    /// Over the file's salt, its first index and the mark's own place, so that a mark is valid nowhere else.
    private static func checksum(of body: UnsafeRawBufferPointer, at offset: Int, in header: SegmentHeader) -> UInt32 {
        var writer = ByteWriter()
        writer.writeInteger(header.markSalt)
        writer.writeInteger(header.firstIndex.rawValue)
        writer.writeInteger(UInt64(offset))
        writer.writeInteger(UInt32(bodySize))
        return Checksum.crc32c(body, continuing: writer.bytes.withUnsafeBytes { Checksum.crc32c($0) })
    }
}
