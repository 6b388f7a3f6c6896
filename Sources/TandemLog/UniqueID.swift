/// A 128-bit random identity, written as a UUID (RFC 9562, version 4).
public struct UniqueID: Hashable, Sendable {
    /// The first eight bytes, most significant first.
    public var high: UInt64
    /// The last eight bytes, most significant first.
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new random identity.
    public static func random(using generator: inout some RandomNumberGenerator) -> UniqueID {
        let high = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x0000_0000_0000_4000
        let low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return UniqueID(high: high, low: low)
    }

    /// A new random identity.
    public static func random() -> UniqueID {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    /// Reads the usual form of 32 hexadecimal digits, with or without hyphens; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
        guard digits.count == 32, text.utf8.count == 32 || text.utf8.count == 36 else { return nil }
        var words: [UInt64] = [0, 0]
        for (offset, digit) in digits.enumerated() {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
            default: return nil
            }
            words[offset / 16] = words[offset / 16] << 4 | UInt64(value)
        }
        self.init(high: words[0], low: words[1])
    }
}

extension UniqueID: Comparable {
    public static func < (lhs: UniqueID, rhs: UniqueID) -> Bool { (lhs.high, lhs.low) < (rhs.high, rhs.low) }
}

extension UniqueID: CustomStringConvertible {
    public var description: String {
        let digits = [high, low].map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        var result = ""
        for (offset, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(offset) { result.append("-") }
            result.append(digit)
        }
        return result
    }
}

/// The identity of a node: one data directory of one running Tandem.
public struct NodeID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var id: UniqueID

    public init(_ id: UniqueID) { self.id = id }
    public init?(_ text: some StringProtocol) {
        guard let id = UniqueID(text) else { return nil }
        self.id = id
    }

    public static func random() -> NodeID {
        var generator = SystemRandomNumberGenerator()
        return NodeID(.random(using: &generator))
    }

    public static func < (lhs: NodeID, rhs: NodeID) -> Bool { lhs.id < rhs.id }
    public var description: String { id.description }
}

/// The identity of a group: a primary and its replicas. A node refuses to follow another group.
public struct GroupID: Hashable, Sendable, CustomStringConvertible {
    public var id: UniqueID

    public init(_ id: UniqueID) { self.id = id }
    public init?(_ text: some StringProtocol) {
        guard let id = UniqueID(text) else { return nil }
        self.id = id
    }

    public static func random() -> GroupID {
        var generator = SystemRandomNumberGenerator()
        return GroupID(.random(using: &generator))
    }

    public var description: String { id.description }
}
