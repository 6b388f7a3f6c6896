/// A place in the log that means the same on every node of a group: the index and the epoch it was written in.
public struct Position: Hashable, Comparable, Sendable {
    public var epoch: Epoch
    public var index: LogIndex

    public init(epoch: Epoch, index: LogIndex) {
        self.epoch = epoch
        self.index = index
    }

    public static func < (lhs: Position, rhs: Position) -> Bool { (lhs.epoch, lhs.index) < (rhs.epoch, rhs.index) }

    /// Reads what ``description`` writes: `7@0b9c…:1042`; nil for anything else.
    public init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let epoch = Epoch(text[..<colon]),
            let index = UInt64(text[text.index(after: colon)...])
        else { return nil }
        self.init(epoch: epoch, index: LogIndex(index))
    }
}

extension Position: CustomStringConvertible {
    public var description: String { "\(epoch):\(index)" }
}
