/// How many replicas must have flushed a transaction before its commit returns.
public enum AcknowledgementRule: Hashable, Sendable {
    /// So many replicas; 0 is asynchronous replication, 1 what MySQL calls lossless.
    case count(Int)
    /// So many that, with the primary, more than half of the members have it.
    case majority
    /// Every replica.
    case all

    /// K for a group with so many `replicas`. `majority` and `all` ask for one replica at least, even where there is
    /// none yet: they are asked for by those who do not want to lose anything.
    public func required(replicas: Int) -> Int {
        switch self {
        case .count(let count): count
        // Of n + 1 members more than half, without the primary itself.
        case .majority: max(1, (replicas + 1) / 2)
        case .all: max(1, replicas)
        }
    }
}

extension AcknowledgementRule: CustomStringConvertible {
    public var description: String {
        switch self {
        case .count(let count): String(count)
        case .majority: "majority"
        case .all: "all"
        }
    }

    /// Reads what ``description`` writes: a number that is not negative, `majority` or `all`; nil for anything else.
    public init?(_ text: some StringProtocol) {
        switch text {
        case "majority": self = .majority
        case "all": self = .all
        default:
            guard let count = Int(text), count >= 0 else { return nil }
            self = .count(count)
        }
    }
}
