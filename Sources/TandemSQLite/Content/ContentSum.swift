/// What a table's rows add up to: their number, and the sum of their hashes modulo 2^64, in which their order does not
/// count (docs/LOG-FORMAT.md, "Content checksums").
public struct ContentSum: Hashable, Sendable {
    public var rows: Int64
    public var sum: UInt64

    public static let zero = ContentSum(rows: 0, sum: 0)

    public init(rows: Int64, sum: UInt64) {
        self.rows = rows
        self.sum = sum
    }

    public static func + (one: ContentSum, other: ContentSum) -> ContentSum {
        ContentSum(rows: one.rows &+ other.rows, sum: one.sum &+ other.sum)
    }

    public static func - (one: ContentSum, other: ContentSum) -> ContentSum {
        ContentSum(rows: one.rows &- other.rows, sum: one.sum &- other.sum)
    }

    public static func += (one: inout ContentSum, other: ContentSum) { one = one + other }
    public static func -= (one: inout ContentSum, other: ContentSum) { one = one - other }
}

extension ContentSum: CustomStringConvertible {
    /// `5 rows, 8000000000000001`.
    public var description: String { "\(rows) rows, \(digits)" }

    /// The sum in 16 hexadecimal digits.
    var digits: String {
        let digits = String(sum, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
