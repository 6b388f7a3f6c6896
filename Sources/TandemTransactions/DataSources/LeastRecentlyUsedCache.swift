/// So many values by their keys, of which the least recently used leaves first: what a connection remembers of statements.
package struct LeastRecentlyUsedCache<Key: Hashable, Value> {
    private struct Entry {
        var value: Value
        var lastUse: UInt64
    }

    private let capacity: Int
    private var entries: [Key: Entry] = [:]
    private var clock: UInt64 = 0

    /// - Parameter capacity: how many are kept; 0 for none.
    package init(capacity: Int) { self.capacity = capacity }

    /// The value of a key, which counts as used now.
    package mutating func use(_ key: Key) -> Value? {
        guard let index = entries.index(forKey: key) else { return nil }
        clock += 1
        entries.values[index].lastUse = clock
        return entries.values[index].value
    }

    /// The value of a key, which does not count as used by that; what is not there cannot be set.
    package subscript(_ key: Key) -> Value? {
        get { entries[key]?.value }
        set {
            guard let newValue, let index = entries.index(forKey: key) else { return }
            entries.values[index].value = newValue
        }
    }

    /// Keeps a value, which counts as used now.
    ///
    /// - Returns: the value that is not kept any more: the least recently used where there are too many, or this one where
    ///   none are kept.
    /// - Complexity: O(capacity) where one has to leave.
    package mutating func insert(_ value: Value, for key: Key) -> Value? {
        guard capacity > 0 else { return value }
        clock += 1
        var left = entries.removeValue(forKey: key)?.value
        if entries.count >= capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            left = entries.removeValue(forKey: oldest.key)?.value
        }
        entries[key] = Entry(value: value, lastUse: clock)
        return left
    }

    package mutating func remove(_ key: Key) -> Value? { entries.removeValue(forKey: key)?.value }

    package mutating func removeAll() -> [Value] {
        defer { entries.removeAll() }
        return entries.values.map(\.value)
    }
}
