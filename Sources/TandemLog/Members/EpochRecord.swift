/// The payload of an epoch record, the first record of each reign: who was elected, by whom, over which members
/// (docs/REPLICATION.md, rule 10). It is the proof a node quotes when it cuts its tail.
public struct EpochRecord: Hashable, Sendable {
    /// A member's promise, with the position of its last flushed record when it gave it.
    public struct Promise: Hashable, Sendable {
        public var node: NodeID
        /// Nil for a node whose log was empty.
        public var position: Position?

        public init(node: NodeID, position: Position?) {
            self.node = node
            self.position = position
        }
    }

    public var epoch: Epoch
    public var promises: [Promise]
    /// The members and what a commit needs, as the reign begins.
    public var members: MemberRecord
    /// Whether the count of promises was waived (`--accept-data-loss`).
    public var forced: Bool

    public init(epoch: Epoch, promises: [Promise], members: MemberRecord, forced: Bool) {
        self.epoch = epoch
        self.promises = promises
        self.members = members
        self.forced = forced
    }
}

extension EpochRecord {
    /// The payload as docs/LOG-FORMAT.md has it.
    public func encode() -> [UInt8] {
        var writer = ByteWriter()
        writer.writeEpoch(epoch)
        writer.writeByte(forced ? 1 : 0)
        writer.writeVarint(UInt64(promises.count))
        for promise in promises {
            writer.writeUniqueID(promise.node.id)
            writer.writeByte(promise.position == nil ? 0 : 1)
            guard let position = promise.position else { continue }
            writer.writeEpoch(position.epoch)
            writer.writeInteger(position.index.rawValue)
        }
        writer.write(members.encode())
        return writer.bytes
    }

    /// Decodes the payload of an epoch record.
    ///
    /// - Throws: ``LogError`` (`malformed`).
    public init(decoding payload: UnsafeRawBufferPointer) throws(LogError) {
        var reader = ByteReader(payload)
        do throws(Malformation) {
            try self.init(from: &reader)
            try reader.expectEnd()
        } catch {
            throw LogError(
                .malformed, "An epoch record cannot be read: \(error.explanation).", offset: UInt64(reader.offset))
        }
    }

    private init(from reader: inout ByteReader) throws(Malformation) {
        let epoch = try reader.readEpoch()
        let flags = try reader.readByte()
        guard flags <= 1 else { throw .unknownFlag }
        let count = try reader.readVarint()
        guard count <= UInt64(MemberRecord.maximumMembers) else { throw .count }
        var promises: [Promise] = []
        for _ in 0..<count { promises.append(try Promise(from: &reader)) }
        self.init(epoch: epoch, promises: promises, members: try MemberRecord(from: &reader), forced: flags == 1)
    }
}

extension EpochRecord.Promise {
    fileprivate init(from reader: inout ByteReader) throws(Malformation) {
        let node = NodeID(try reader.readUniqueID())
        switch try reader.readByte() {
        case 0: self.init(node: node, position: nil)
        case 1:
            let epoch = try reader.readEpoch()
            let index = LogIndex(try reader.readInteger(UInt64.self))
            guard index <= .maximum else { throw .count }
            self.init(node: node, position: Position(epoch: epoch, index: index))
        default: throw .unknownFlag
        }
    }
}

extension ByteWriter {
    mutating func writeEpoch(_ epoch: Epoch) {
        writeInteger(epoch.counter)
        writeUniqueID(epoch.node.id)
    }
}

extension ByteReader {
    mutating func readEpoch() throws(Malformation) -> Epoch {
        let counter = try readInteger(UInt32.self)
        return Epoch(counter: counter, node: NodeID(try readUniqueID()))
    }
}
