/// A record of the log, pointing into the bytes it lies in: valid only as long as they are.
public struct Record {
    public var kind: RecordKind
    /// Whether a segment begins with this record, on every node: no table definition before it counts any more.
    public var beginsSegment: Bool
    public var index: LogIndex
    public var epochCounter: UInt32
    /// When it was committed on the primary, in microseconds since 1970-01-01 00:00 UTC.
    public var time: UInt64
    /// The record's checksum, which chains the next record to it.
    public var checksum: UInt32
    public var payload: UnsafeRawBufferPointer
    /// How many bytes the whole record takes.
    public var size: Int { payload.count + RecordLayout.payload }
}

extension Record {
    /// Reads the record at the beginning of `bytes`, without looking at its checksum.
    ///
    /// - Throws: what is wrong with its length or its fields.
    init(parsing bytes: UnsafeRawBufferPointer, maximumBodySize: Int) throws(Malformation) {
        var reader = ByteReader(bytes)
        let length = Int(try reader.readInteger(UInt32.self))
        let checksum = try reader.readInteger(UInt32.self)
        guard length >= RecordLayout.bodyHeaderSize, length <= maximumBodySize else { throw .count }
        guard length <= reader.remaining else { throw .truncated }
        self.init(
            body: UnsafeRawBufferPointer(rebasing: bytes[RecordLayout.prefixSize..<RecordLayout.prefixSize + length]),
            checksum: checksum)
        guard kind.rawValue != 0 else { throw .unknownFlag }
    }

    /// `body` has at least ``RecordLayout/bodyHeaderSize`` bytes.
    private init(body: UnsafeRawBufferPointer, checksum: UInt32) {
        let kindByte = body[0]
        let low = body.loadUnaligned(fromByteOffset: 1, as: UInt64.self).littleEndian
        kind = RecordKind(rawValue: kindByte & ~RecordLayout.beginsSegment)
        beginsSegment = kindByte & RecordLayout.beginsSegment != 0
        index = LogIndex(low & (1 << 48 - 1))
        epochCounter = body.loadUnaligned(fromByteOffset: 7, as: UInt32.self).littleEndian
        // The time's seven bytes are the last of the eight that begin one byte before it.
        time = body.loadUnaligned(fromByteOffset: 10, as: UInt64.self).littleEndian >> 8
        payload = UnsafeRawBufferPointer(rebasing: body[RecordLayout.bodyHeaderSize...])
        self.checksum = checksum
    }

    /// The checksum the record should have behind one with the checksum `previous`.
    func computedChecksum(previous: UInt32) -> UInt32 {
        let body = UnsafeRawBufferPointer(
            start: payload.baseAddress.map { $0 - RecordLayout.bodyHeaderSize },
            count: payload.count + RecordLayout.bodyHeaderSize)
        return Checksum.record(previous: previous, body: body)
    }

    /// What is wrong with the record behind the one at `end`; nil if nothing is.
    func fault(behind end: LogEnd) -> (code: LogError.Code, message: String)? {
        guard index == end.index.next else {
            return (.notFollowing, "record \(index) lies where \(end.index.next) is expected")
        }
        guard computedChecksum(previous: end.checksum) == checksum else {
            return (.malformed, "the checksum of record \(index) does not fit its bytes and the record before it")
        }
        let fits = kind == .epoch ? epochCounter >= end.epochCounter : epochCounter == end.epochCounter
        guard fits, epochCounter > 0 else {
            return (
                .malformed,
                "record \(index) (\(kind)) is of epoch \(epochCounter), the one before it of epoch \(end.epochCounter)"
            )
        }
        return nil
    }
}
