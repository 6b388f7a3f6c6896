/// What one statement of a simple query answered.
public struct QueryResult: Hashable, Sendable {
    /// Empty for a statement without rows.
    public var columns: [ColumnDescription]
    /// The values as text; nil is NULL.
    public var rows: [[String?]]
    /// Such as `SELECT 3`; empty for an empty query.
    public var tag: String

    public init(columns: [ColumnDescription] = [], rows: [[String?]] = [], tag: String = "") {
        self.columns = columns
        self.rows = rows
        self.tag = tag
    }
}
