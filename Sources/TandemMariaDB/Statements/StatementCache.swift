/// The statements that a connection keeps prepared, by their text; the least recently used leave first.
struct StatementCache<Prepared> {
    private struct Entry {
        var prepared: Prepared
        var lastUse: UInt64
    }

    private let capacity: Int
    private var entries: [String: Entry] = [:]
    private var clock: UInt64 = 0

    /// - Parameter capacity: how many are kept; 0 for none.
    init(capacity: Int) { self.capacity = capacity }

    /// The statement of that text, which counts as used now.
    mutating func statement(_ sql: String) -> Prepared? {
        guard let index = entries.index(forKey: sql) else { return nil }
        clock += 1
        entries.values[index].lastUse = clock
        return entries.values[index].prepared
    }

    /// Keeps a statement.
    ///
    /// - Returns: the statement that is not kept any more: the least recently used where there are too many, or this one
    ///   where none are kept.
    /// - Complexity: O(capacity) where one has to leave.
    mutating func insert(_ prepared: Prepared, for sql: String) -> Prepared? {
        guard capacity > 0 else { return prepared }
        clock += 1
        var left: Prepared?
        if entries.count >= capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            left = entries.removeValue(forKey: oldest.key)?.prepared
        }
        entries[sql] = Entry(prepared: prepared, lastUse: clock)
        return left
    }

    mutating func remove(_ sql: String) -> Prepared? { entries.removeValue(forKey: sql)?.prepared }

    mutating func removeAll() -> [Prepared] {
        defer { entries.removeAll() }
        return entries.values.map(\.prepared)
    }
}
