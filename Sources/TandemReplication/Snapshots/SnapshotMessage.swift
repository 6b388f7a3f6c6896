import TandemLog

/// What the source of a snapshot sends, most significant byte first like all replication messages.
public enum SnapshotMessage: Hashable, Sendable {
    /// The copy is being made: so many of so many pages; 0 of 0 where an older one is still being sent to somebody else,
    /// which is waited for. Sent every second meanwhile, and as a sign of life.
    case preparing(done: UInt64, total: UInt64)
    /// The copy is there; chunks follow, from `offset` on.
    case header(SnapshotHeader, offset: UInt64)
    /// Bytes of the copy.
    case chunk(offset: UInt64, bytes: [UInt8])
    /// There is none, for the reason given.
    case refused(String)

    /// How many bytes a chunk has at most.
    public static let maximumChunk = 256 << 10

    private enum Kind: UInt8 {
        case preparing = 0x71
        case header = 0x68
        case chunk = 0x63
        case refused = 0x78
    }

    public func encode() -> [UInt8] {
        var writer = MessageWriter()
        switch self {
        case .preparing(let done, let total):
            writer.write(Kind.preparing.rawValue)
            writer.write(done)
            writer.write(total)
        case .header(let header, let offset):
            writer.write(Kind.header.rawValue)
            header.write(to: &writer)
            writer.write(offset)
        case .chunk(let offset, let bytes):
            writer.write(Kind.chunk.rawValue)
            writer.write(offset)
            writer.write(bytes.withUnsafeBytes { Checksum.crc32c($0) })
            writer.write(bytes)
        case .refused(let reason):
            writer.write(Kind.refused.rawValue)
            writer.write(reason)
        }
        return writer.bytes
    }

    /// Reads a message.
    ///
    /// - Throws: ``MalformedMessage``, also for a chunk whose checksum does not fit.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(MalformedMessage) {
        var reader = MessageReader(bytes)
        let byte: UInt8 = try reader.integer()
        switch Kind(rawValue: byte) {
        case .preparing: self = .preparing(done: try reader.integer(), total: try reader.integer())
        case .header:
            let header = try SnapshotHeader(from: &reader)
            self = .header(header, offset: try reader.integer())
            guard case .header(_, let offset) = self, offset <= header.totalSize else {
                throw MalformedMessage(description: "a snapshot goes on behind its end")
            }
        case .chunk:
            let (offset, checksum): (UInt64, UInt32) = (try reader.integer(), try reader.integer())
            let payload = try reader.payload(maximum: Self.maximumChunk)
            guard !payload.isEmpty, Checksum.crc32c(payload) == checksum else {
                throw MalformedMessage(description: "the checksum of a snapshot's chunk does not fit")
            }
            self = .chunk(offset: offset, bytes: Array(payload))
        case .refused: self = .refused(try reader.text())
        case nil: throw MalformedMessage(description: "a message of type \(byte) is not expected here")
        }
        try reader.expectEnd()
    }
}
