/// Prepared statements by their text, the least recently used of which give way.
struct StatementCache {
    private struct Entry {
        var statement: PreparedStatement
        var byteCount: Int
        var lastUse: UInt64
    }

    /// What all that are kept may take together, in bytes: each connection has such a cache.
    private static let maximumByteCount = 4 << 20
    /// One that takes more is not kept.
    private static let maximumStatement = maximumByteCount / 4

    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0
    private var byteCount = 0
    /// How many statements are kept.
    let capacity: Int

    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// The statement with this text, unless it is not there or in use.
    mutating func take(_ sql: String) -> PreparedStatement? {
        guard let place = entries.index(forKey: sql), !entries.values[place].statement.isInUse else { return nil }
        uses += 1
        entries.values[place].lastUse = uses
        let statement = entries.values[place].statement
        statement.isInUse = true
        return statement
    }

    /// Keeps a statement that is in use, for later, unless it takes too much. One with the same text stays.
    mutating func add(_ statement: PreparedStatement) {
        guard entries[statement.sql] == nil else { return }
        let added = statement.byteCount
        guard added <= Self.maximumStatement else { return }
        while entries.count >= capacity || byteCount + added > Self.maximumByteCount,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            byteCount -= oldest.value.byteCount
            entries[oldest.key] = nil
        }
        uses += 1
        byteCount += added
        entries[statement.sql] = Entry(statement: statement, byteCount: added, lastUse: uses)
    }

    mutating func removeAll() {
        entries.removeAll()
        byteCount = 0
    }
}
