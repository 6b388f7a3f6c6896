import TandemLog

/// What a node that needs a snapshot asks for (docs/REPLICATION.md, rule 32).
public struct SnapshotRequest: Hashable, Sendable {
    /// Nil if the node belongs to no group yet.
    public var group: GroupID?
    public var node: NodeID
    /// The snapshot must not be below this index: what the node has shown to readers.
    public var minimum: LogIndex
    /// The snapshot that a broken connection has left in part, and how many of its bytes are there.
    public var resume: Resume?

    public struct Resume: Hashable, Sendable {
        public var snapshot: UniqueID
        public var offset: UInt64

        public init(snapshot: UniqueID, offset: UInt64) {
            self.snapshot = snapshot
            self.offset = offset
        }
    }

    public init(group: GroupID?, node: NodeID, minimum: LogIndex, resume: Resume? = nil) {
        self.group = group
        self.node = node
        self.minimum = minimum
        self.resume = resume
    }
}

extension SnapshotRequest {
    func write(to writer: inout MessageWriter) {
        writer.write(group) { $0.write($1.id) }
        writer.write(node.id)
        writer.write(minimum)
        writer.write(resume) {
            $0.write($1.snapshot)
            $0.write($1.offset)
        }
    }

    init(from reader: inout MessageReader) throws(MalformedMessage) {
        let group = try reader.optional { reader throws(MalformedMessage) in try reader.group() }
        let (node, minimum) = (try reader.node(), try reader.index())
        let resume = try reader.optional { reader throws(MalformedMessage) in
            Resume(snapshot: try reader.uniqueID(), offset: try reader.integer())
        }
        self.init(group: group, node: node, minimum: minimum, resume: resume)
    }
}
