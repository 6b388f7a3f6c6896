/// A transaction's number in the log of its group: 1, 2, 3 … without holes.
///
/// ``zero`` stands for "before the first record".
public struct LogIndex: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// Before the first record of a log.
    public static let zero = LogIndex(0)

    /// The largest index the log's format can hold (48 bits).
    public static let maximum = LogIndex(1 << 48 - 1)

    /// The index that follows this one.
    public var next: LogIndex { LogIndex(rawValue + 1) }

    /// The index before this one; ``zero`` has none and stays.
    public var previous: LogIndex { LogIndex(rawValue == 0 ? 0 : rawValue - 1) }

    public func advanced(by count: Int) -> LogIndex { LogIndex(rawValue + UInt64(count)) }

    /// How many records lie after `other` up to this index; 0 if `other` is not below it.
    public func distance(from other: LogIndex) -> UInt64 { rawValue > other.rawValue ? rawValue - other.rawValue : 0 }

    public static func < (lhs: LogIndex, rhs: LogIndex) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension LogIndex: CustomStringConvertible {
    public var description: String { String(rawValue) }
}

extension LogIndex: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: UInt64) { self.init(value) }
}
