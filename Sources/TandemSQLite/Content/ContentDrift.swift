import TandemLog

/// A table whose rows are not what they ought to be, as far as this node can tell.
public struct ContentDrift: Hashable, Sendable {
    /// The table's name, or ``schema``.
    public var table: String
    /// The record with which it was found: before it, or with it, the rows have come to differ.
    public var index: LogIndex
    /// What was found.
    public var reason: String

    /// Stands for a table where the schema itself is not what it ought to be.
    public static let schema = ""

    public init(table: String, index: LogIndex, reason: String) {
        self.table = table
        self.index = index
        self.reason = reason
    }
}

extension ContentDrift: CustomStringConvertible {
    public var description: String {
        "\(table == Self.schema ? "the schema" : "table `\(table)`") at record \(index): \(reason)"
    }
}
