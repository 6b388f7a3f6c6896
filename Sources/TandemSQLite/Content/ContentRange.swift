import CTandemSQLite

/// A range of a table's rows by their keys: above `after`, up to `through`, each the values of a key as SQL literals with
/// commas between them; nil for no bound.
struct ContentRange {
    var after: String?
    var through: String?

    static let all = ContentRange(after: nil, through: nil)

    /// A WHERE clause; empty for all rows.
    func condition(_ shape: TableShape) -> String {
        let keys = shape.rowKey.map(\.quotedName).joined(separator: ", ")
        let conditions = [after.map { "(\(keys)) > (\($0))" }, through.map { "(\(keys)) <= (\($0))" }].compactMap(
            \.self)
        return conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
    }

    /// The key of the row that is `count` rows above `after`; nil if there are not so many.
    static func bound(
        _ handle: OpaquePointer, _ shape: TableShape, after: String?, count: Int64
    ) throws(SQLiteError) -> String? {
        let keys = shape.rowKey.map(\.quotedName)
        let condition = ContentRange(after: after, through: nil).condition(shape)
        let statement = try OwnStatement(
            handle,
            "SELECT \(keys.map { "quote(\($0))" }.joined(separator: " || ', ' || ")) "
                + "FROM main.\(shape.name.quotedName)\(condition) ORDER BY \(keys.joined(separator: ", ")) LIMIT 1 OFFSET ?1"
        )
        statement.bind(count - 1, at: 1)
        return try statement.step() ? statement.text(0) : nil
    }
}

extension TableShape {
    /// The names of what a row is found by.
    var rowKey: [String] {
        isWithoutRowid ? columns.filter(\.isPrimaryKey).map(\.name) : [rowidName ?? "rowid"]
    }
}
