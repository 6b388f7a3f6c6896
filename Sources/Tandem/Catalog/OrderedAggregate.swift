import GRDB

/// How a key of ORDER BY sorts. NULL is less than all other values, as in SQLite, unless it is said where it comes.
struct SortOrder: OptionSet {
    let rawValue: Int64

    static let descending = SortOrder(rawValue: 1)
    static let nullsFirst = SortOrder(rawValue: 2)
    static let nullsLast = SortOrder(rawValue: 4)
}

/// `array_agg(value ORDER BY key, …)`, and `string_agg(value, separator ORDER BY key, …)`: the value, the separator or
/// NULL, and each key with its ``SortOrder``.
struct OrderedAggregate: DatabaseAggregate {
    private var rows: [(value: String?, keys: [DatabaseValue])] = []
    private var separator: String?
    private var orders: [SortOrder] = []
    private var isNumeric = true

    init() {}

    mutating func step(_ values: [DatabaseValue]) throws {
        guard values.count >= 4, values.count.isMultiple(of: 2) else {
            throw DatabaseError(
                resultCode: .SQLITE_ERROR, message: "wrong number of arguments to function tandem_ordered()")
        }
        separator = values[1].asText
        if orders.isEmpty {
            orders = stride(from: 3, to: values.count, by: 2).map {
                SortOrder(rawValue: Int64.fromDatabaseValue(values[$0]) ?? 0)
            }
        }
        if case .blob = values[0].storage {
            throw DatabaseError(
                resultCode: .SQLITE_FORMAT, message: "bytes are not gathered with ORDER BY: sort their rows instead")
        }
        if case .string = values[0].storage { isNumeric = false }
        rows.append((values[0].asText, stride(from: 2, to: values.count, by: 2).map { values[$0] }))
    }

    func finalize() throws -> (any DatabaseValueConvertible)? {
        guard !rows.isEmpty else { return nil }
        let sorted = rows.sorted { comesBefore($0.keys, $1.keys) }
        if let separator { return sorted.compactMap(\.value).joined(separator: separator) }
        return JSONText.array(sorted.map { row in row.value.map { isNumeric ? $0 : JSONText.string($0) } ?? "null" })
    }

    private func comesBefore(_ one: [DatabaseValue], _ other: [DatabaseValue]) -> Bool {
        for (number, order) in orders.enumerated() where number < min(one.count, other.count) {
            let (left, right) = (one[number], other[number])
            if left.isNull != right.isNull, order.contains(.nullsFirst) || order.contains(.nullsLast) {
                return left.isNull == order.contains(.nullsFirst)
            }
            let (first, second) = order.contains(.descending) ? (right, left) : (left, right)
            if Self.precedes(first, second) { return true }
            if Self.precedes(second, first) { return false }
        }
        return false
    }

    /// Numbers before texts, as SQLite sorts.
    static func precedes(_ one: DatabaseValue, _ other: DatabaseValue) -> Bool {
        switch (one.storage, other.storage) {
        case (.string(let one), .string(let other)): one.utf8.lexicographicallyPrecedes(other.utf8)
        case (.string, _): false
        case (_, .string): true
        default: (Double.fromDatabaseValue(one) ?? -.infinity) < (Double.fromDatabaseValue(other) ?? -.infinity)
        }
    }
}
