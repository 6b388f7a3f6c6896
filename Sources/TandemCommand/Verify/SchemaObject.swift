/// A table, index, view or trigger as the schema has it.
struct SchemaObject: Sendable, Hashable {
    var name: String
    var type: String
    /// Nil for indexes that SQLite makes by itself.
    var sql: String?
    /// Whether it is a table whose rows are its own.
    var hasRows: Bool
}
