/// What a statement gave.
public struct StatementResult: Sendable {
    /// The rows, for a statement that gives rows.
    public var rows: [ResultRow]
    /// How many rows were inserted, changed or deleted; for a query how many it gave.
    public var affectedRows: Int
    /// The key that the engine made for the row inserted last, where the engine tells without being asked (MariaDB,
    /// SQLite). `RETURNING` works everywhere.
    public var generatedKey: Int64?

    /// What a statement gave; by default nothing.
    public init(rows: [ResultRow] = [], affectedRows: Int = 0, generatedKey: Int64? = nil) {
        self.rows = rows
        self.affectedRows = affectedRows
        self.generatedKey = generatedKey
    }
}
