import CTandemSQLite

/// A range of a table's rows by their keys: above `after`, up to `through`; nil for no bound.
struct ContentRange {
    private(set) var after: ContentKey?
    private(set) var through: ContentKey?

    static let all = ContentRange()

    private init() {}

    /// - Parameters:
    ///   - after: the values of a key, as SQL literals with commas between them.
    ///   - through: the same.
    /// - Throws: ``SQLiteError`` if they are no literals, or not as many as the key has columns.
    init(_ shape: TableShape, after: String?, through: String?) throws(SQLiteError) {
        self.after = try Self.key(after, shape)
        self.through = try Self.key(through, shape)
    }

    private static func key(_ text: String?, _ shape: TableShape) throws(SQLiteError) -> ContentKey? {
        guard let text else { return nil }
        let key = try ContentKey(parsing: text)
        let count = shape.rowKey.count
        guard key.parts.count == count else {
            throw SQLiteError(
                .refused,
                "A key of `\(shape.name)` has \(count) value\(count == 1 ? "" : "s"), not \(key.parts.count).",
                table: shape.name)
        }
        return key
    }

    /// A WHERE clause; empty for all rows. ``bind(to:)`` gives its parameters their values.
    func condition(_ shape: TableShape) -> String {
        let keys = shape.rowKey.map(\.quotedName).joined(separator: ", ")
        var conditions: [String] = []
        if let after { conditions.append("(\(keys)) > (\(Self.parameters(1, after)))") }
        if let through {
            conditions.append("(\(keys)) <= (\(Self.parameters(1 + (after?.parts.count ?? 0), through)))")
        }
        return conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
    }

    private static func parameters(_ first: Int, _ key: ContentKey) -> String {
        key.parts.indices.map { "?\(first + $0)" }.joined(separator: ", ")
    }

    func bind(to statement: OwnStatement) {
        after?.bind(to: statement, from: 1)
        through?.bind(to: statement, from: 1 + (after?.parts.count ?? 0))
    }

    /// The key of the row that is `count` rows above `after`; nil if there are not so many, or the table has no key.
    static func bound(
        _ handle: OpaquePointer, _ shape: TableShape, after: String?, count: Int64
    ) throws(SQLiteError) -> String? {
        let range = try ContentRange(shape, after: after, through: nil)
        guard !shape.rowKey.isEmpty else { return nil }
        let keys = shape.rowKey.map(\.quotedName).joined(separator: ", ")
        let statement = try OwnStatement(
            handle,
            "SELECT \(keys) FROM main.\(shape.name.quotedName)\(range.condition(shape)) ORDER BY \(keys) "
                + "LIMIT 1 OFFSET \(count - 1)")
        range.bind(to: statement)
        return try statement.step() ? ContentKey(statement, count: shape.rowKey.count).description : nil
    }
}

extension TableShape {
    /// The names of what a row is found by, in the order in which rows lie; empty where columns have taken all names of the
    /// rowid.
    var rowKey: [String] {
        guard isWithoutRowid else { return rowidName.map { [$0] } ?? [] }
        return columns.filter(\.isPrimaryKey).sorted { ($0.keyedPlace ?? 0) < ($1.keyedPlace ?? 0) }.map(\.name)
    }
}
