/// What a record holds.
public struct RecordKind: RawRepresentable, Hashable, Sendable {
    /// From 1 to 127; 0 is the batch mark, which is no record.
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The changes of one transaction.
    public static let transaction = RecordKind(rawValue: 1)
    /// The beginning of a reign (``EpochRecord``).
    public static let epoch = RecordKind(rawValue: 2)
    /// The members of the group (``MemberRecord``).
    public static let members = RecordKind(rawValue: 3)

    /// Whether this version knows what to do with such a record. A log may hold others; a node must not apply past
    /// one that it does not understand.
    public var isKnown: Bool { (1...3).contains(rawValue) }
}

extension RecordKind: CustomStringConvertible {
    public var description: String {
        switch self {
        case .transaction: "transaction"
        case .epoch: "epoch"
        case .members: "members"
        default: "kind \(rawValue)"
        }
    }
}
