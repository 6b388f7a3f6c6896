/// The rim's name for an incoming connection. Never used twice within one run of a node.
public struct ConnectionID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    public var description: String { "#\(rawValue)" }
}

/// The number of an outgoing connection of a replica; it grows with every connection, over restarts too
/// (docs/REPLICATION.md, rule 13).
///
/// The high 32 bits are the node's incarnation, made durable at each start; the low 32 bits count within it.
public struct ConnectionNumber: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public init(incarnation: UInt32, count: UInt32) {
        self.init(rawValue: UInt64(incarnation) << 32 | UInt64(count))
    }

    public static func < (lhs: ConnectionNumber, rhs: ConnectionNumber) -> Bool { lhs.rawValue < rhs.rawValue }

    public var description: String { "\(rawValue >> 32).\(rawValue & 0xFFFF_FFFF)" }
}
