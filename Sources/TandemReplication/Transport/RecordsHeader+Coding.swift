import TandemLog

extension RecordsHeader {
    /// How many bytes a header takes, its type byte included.
    public static let encodedSize = 1 + 20 + 8 * 5 + 8

    /// The head of a RECORDS frame; record bytes follow.
    public func encode() -> [UInt8] {
        var writer = MessageWriter()
        writer.write(ReplicationMessageType.records.rawValue)
        writer.write(epoch)
        writer.write(number.rawValue)
        writer.write(first)
        writer.write(last)
        writer.write(commit)
        writer.write(clock)
        writer.write(total)
        writer.write(offset)
        return writer.bytes
    }

    /// Reads the head of a RECORDS frame.
    ///
    /// - Returns: the header and the record bytes behind it, which are part of `bytes`.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer
    ) throws(MalformedMessage) -> (header: RecordsHeader, records: UnsafeRawBufferPointer) {
        var reader = MessageReader(bytes)
        guard try reader.integer(UInt8.self) == ReplicationMessageType.records.rawValue else {
            throw MalformedMessage(description: "records were expected")
        }
        let epoch = try reader.epoch()
        let number = ConnectionNumber(rawValue: try reader.integer())
        let (first, last, commit) = (try reader.index(), try reader.index(), try reader.index())
        let clock: UInt64 = try reader.integer()
        let (total, offset): (UInt32, UInt32) = (try reader.integer(), try reader.integer())
        let records = reader.remaining
        guard first > .zero, first <= last, !records.isEmpty, Int(offset) + records.count <= Int(total) else {
            throw MalformedMessage(description: "a frame of records does not fit its own header")
        }
        let header = RecordsHeader(
            epoch: epoch, number: number, first: first, last: last, commit: commit, clock: clock, total: total,
            offset: offset)
        return (header, records)
    }
}
