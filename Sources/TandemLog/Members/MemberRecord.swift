/// The payload of a member record: who belongs to the group, and what a commit needs (docs/REPLICATION.md, rule 26).
public struct MemberRecord: Hashable, Sendable {
    /// Far more than anybody will replicate to; bounds what a hostile record can ask for.
    public static let maximumMembers = 1024
    /// The longest address in bytes.
    public static let maximumAddressLength = 1024

    /// All members, the primary among them.
    public var members: [Member]
    public var acknowledgements: AcknowledgementRule
    /// Whether commits may go on without their acknowledgements when replicas are missing.
    public var mayDegrade: Bool
    /// Whether members were removed without asking the rule before: an operator said that they are gone for good, and
    /// accepted that what they alone had is lost.
    public var forced: Bool

    public init(members: [Member], acknowledgements: AcknowledgementRule, mayDegrade: Bool, forced: Bool = false) {
        self.members = members
        self.acknowledgements = acknowledgements
        self.mayDegrade = mayDegrade
        self.forced = forced
    }

    /// K: how many replicas must acknowledge, for the members as they are.
    public var requiredAcknowledgements: Int { acknowledgements.required(replicas: max(0, members.count - 1)) }

    public func contains(_ node: NodeID) -> Bool { members.contains { $0.node == node } }
}

extension MemberRecord {
    /// The payload as docs/LOG-FORMAT.md has it.
    public func encode() -> [UInt8] {
        var writer = ByteWriter()
        switch acknowledgements {
        case .count(let count):
            writer.writeByte(0)
            writer.writeVarint(UInt64(max(0, count)))
        case .majority: writer.writeByte(1)
        case .all: writer.writeByte(2)
        }
        writer.writeByte((mayDegrade ? 1 : 0) | (forced ? 2 : 0))
        writer.writeVarint(UInt64(members.count))
        for member in members {
            writer.writeUniqueID(member.node.id)
            writer.writeString(member.address)
        }
        return writer.bytes
    }

    /// Decodes the payload of a member record.
    ///
    /// - Throws: ``LogError`` (`malformed`).
    public init(decoding payload: UnsafeRawBufferPointer) throws(LogError) {
        var reader = ByteReader(payload)
        do throws(Malformation) {
            try self.init(from: &reader)
            try reader.expectEnd()
        } catch {
            throw LogError(
                .malformed, "A member record cannot be read: \(error.explanation).", offset: UInt64(reader.offset))
        }
    }

    init(from reader: inout ByteReader) throws(Malformation) {
        let acknowledgements = try AcknowledgementRule(from: &reader)
        let flags = try reader.readByte()
        guard flags <= 3 else { throw .unknownFlag }
        let count = try reader.readVarint()
        guard count <= UInt64(Self.maximumMembers) else { throw .count }
        var members: [Member] = []
        for _ in 0..<count {
            let node = NodeID(try reader.readUniqueID())
            let address = try reader.readString()
            guard address.utf8.count <= Self.maximumAddressLength else { throw .lengthTooLarge }
            members.append(Member(node: node, address: address))
        }
        self.init(
            members: members, acknowledgements: acknowledgements, mayDegrade: flags & 1 != 0, forced: flags & 2 != 0)
    }
}

extension AcknowledgementRule {
    init(from reader: inout ByteReader) throws(Malformation) {
        switch try reader.readByte() {
        case 0:
            let count = try reader.readVarint()
            guard count <= UInt64(MemberRecord.maximumMembers) else { throw .count }
            self = .count(Int(count))
        case 1: self = .majority
        case 2: self = .all
        default: throw .unknownFlag
        }
    }
}
