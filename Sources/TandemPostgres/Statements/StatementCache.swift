import CPQ
import TandemThreads
import TandemTransactions

/// Which statements a connection keeps prepared: those that have come twice, the least recently used leave first.
///
/// ```
/// unknown ── used ──▶ seen ── used again ──▶ prepared ──▶ evicted (to be deallocated)
/// ```
struct StatementCache {
    /// The same text with other declared types is another statement.
    struct Key: Hashable {
        var sql: String
        var types: [Oid]
    }

    /// How a statement is to be run this time.
    enum Plan: Equatable {
        case unprepared
        /// Prepared first, under that name.
        case preparing(name: String)
        case prepared(name: String, binary: Bool)
    }

    private struct Entry {
        /// Nil while it has only been seen.
        var name: String?
        /// Whether all of its columns are known to be readable in binary format.
        var isBinary = false
        /// The columns it gave, whose names need not be read again.
        var columns: ResultRow.Columns?
        /// How soon it is answered.
        let pace = AnswerPace()
    }

    private let capacity: Int
    private var entries: LeastRecentlyUsedCache<Key, Entry>
    private var lastName: UInt64 = 0
    /// Names that the server still keeps and that are not used any more.
    private(set) var evicted: [String] = []

    /// - Parameter capacity: how many statements are remembered; 0 for none.
    init(capacity: Int) {
        self.capacity = capacity
        entries = LeastRecentlyUsedCache(capacity: capacity)
    }

    /// A statement is about to be run.
    mutating func used(_ key: Key) -> Plan {
        guard capacity > 0 else { return .unprepared }
        guard let entry = entries.use(key) else {
            if let name = entries.insert(Entry(), for: key)?.name { evicted.append(name) }
            return .unprepared
        }
        if let name = entry.name { return .prepared(name: name, binary: entry.isBinary) }
        // The server is not made to keep more than twice the capacity, should nobody come to deallocate.
        guard evicted.count < capacity else { return .unprepared }
        lastName += 1
        return .preparing(name: "s\(lastName)")
    }

    /// The server keeps a statement under that name now.
    mutating func prepared(_ key: Key, as name: String) {
        if entries[key] == nil { evicted.append(name) } else { entries[key]?.name = name }
    }

    /// A prepared statement gave these columns, and will give no others.
    mutating func described(_ key: Key, columns: ResultRow.Columns, isBinary: Bool) {
        entries[key]?.columns = columns
        entries[key]?.isBinary = isBinary
    }

    /// The columns of a prepared statement.
    func columns(of key: Key) -> ResultRow.Columns? { entries[key]?.columns }

    /// How soon a statement that has come before is answered.
    func pace(of key: Key) -> AnswerPace? { entries[key]?.pace }

    /// The server refuses to run what it keeps, because tables have changed: it is prepared anew next time.
    mutating func becameInvalid(_ key: Key) {
        if let name = entries[key]?.name { evicted.append(name) }
        entries[key]?.name = nil
        entries[key]?.isBinary = false
        entries[key]?.columns = nil
    }

    /// The server has forgotten all of them.
    mutating func becameEmpty() {
        _ = entries.removeAll()
        evicted.removeAll()
    }

    /// The names to deallocate now.
    mutating func takeEvicted() -> [String] {
        defer { evicted.removeAll() }
        return evicted
    }
}
