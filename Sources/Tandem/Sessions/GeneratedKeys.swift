/// The numbers of the rows that a session has inserted last, by their tables: what `currval` tells.
///
/// As in PostgreSQL they are the session's own, whatever others insert meanwhile, and a rollback takes none of them back.
struct GeneratedKeys {
    /// Of so many tables; then all are forgotten.
    static let capacity = 10_000

    private var keys: [String: Int64] = [:]

    /// - Parameter table: its name in lower case.
    mutating func inserted(_ key: Int64, into table: String) {
        if keys.count >= Self.capacity, keys[table] == nil { keys.removeAll() }
        keys[table] = key
    }

    /// The last key of a table, whose name is in lower case; nil where the session has inserted nothing into it.
    subscript(table: String) -> Int64? { keys[table] }

    mutating func removeAll() { keys.removeAll() }
}
