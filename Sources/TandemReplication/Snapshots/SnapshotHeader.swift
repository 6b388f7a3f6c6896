import TandemLog

/// What a snapshot is: a copy of a database at an applied position, and behind it the image of the segment that its log
/// goes on with (docs/REPLICATION.md, rule 32).
///
/// Epoch history, member record and the checksum that the next record is chained to are in the segment's image.
public struct SnapshotHeader: Hashable, Sendable {
    /// Of this copy: the same number means the same bytes.
    public var snapshot: UniqueID
    public var group: GroupID
    /// What is applied in the database; committed, therefore.
    public var position: Position
    /// How many bytes the database has.
    public var databaseSize: UInt64
    /// How many bytes the segment's image has, which follows.
    public var segmentSize: UInt64
    /// The CRC-32C of all of these bytes.
    public var checksum: UInt32

    public init(
        snapshot: UniqueID, group: GroupID, position: Position, databaseSize: UInt64, segmentSize: UInt64,
        checksum: UInt32
    ) {
        self.snapshot = snapshot
        self.group = group
        self.position = position
        self.databaseSize = databaseSize
        self.segmentSize = segmentSize
        self.checksum = checksum
    }

    public var totalSize: UInt64 { databaseSize + segmentSize }
}

extension SnapshotHeader {
    /// The largest database SQLite can have is 281 TB; what is beyond that is no size.
    static let maximumSize: UInt64 = 1 << 48

    func write(to writer: inout MessageWriter) {
        writer.write(snapshot)
        writer.write(group.id)
        writer.write(position.epoch)
        writer.write(position.index)
        writer.write(databaseSize)
        writer.write(segmentSize)
        writer.write(checksum)
    }

    init(from reader: inout MessageReader) throws(MalformedMessage) {
        self.init(
            snapshot: try reader.uniqueID(), group: try reader.group(),
            position: Position(epoch: try reader.epoch(), index: try reader.index()),
            databaseSize: try reader.integer(), segmentSize: try reader.integer(), checksum: try reader.integer())
        guard databaseSize > 0, segmentSize > 0, databaseSize <= Self.maximumSize, segmentSize <= Self.maximumSize,
            position.index > .zero
        else { throw MalformedMessage(description: "a snapshot of impossible size or place") }
    }
}

extension SnapshotHeader {
    /// The header as a node keeps it beside what has come of a snapshot: its bytes on the wire and their CRC-32C.
    public var storedForm: [UInt8] {
        var writer = MessageWriter()
        write(to: &writer)
        writer.write(writer.bytes.withUnsafeBytes { Checksum.crc32c($0) })
        return writer.bytes
    }

    /// Reads ``storedForm``; nil if it is anything else.
    public init?(storedForm bytes: [UInt8]) {
        let header: SnapshotHeader? = bytes.withUnsafeBytes { bytes in
            guard bytes.count > 4 else { return nil }
            let body = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)])
            var (reader, tail) = (
                MessageReader(body), MessageReader(UnsafeRawBufferPointer(rebasing: bytes[body.count...]))
            )
            guard let checksum = try? tail.integer(UInt32.self), Checksum.crc32c(body) == checksum,
                let header = try? SnapshotHeader(from: &reader), (try? reader.expectEnd()) != nil
            else { return nil }
            return header
        }
        guard let header else { return nil }
        self = header
    }
}
