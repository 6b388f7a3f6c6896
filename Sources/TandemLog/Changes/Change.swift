/// One change of a transaction, as a value that lives on its own: for printing and for tests.
/// ``ChangeDecoder`` is the quick way.
public enum Change: Hashable, Sendable {
    case tableDefinition(TableDefinition)
    /// `rowid` is nil for a WITHOUT ROWID table.
    case insert(table: UInt32, rowid: Int64?, values: [Value])
    /// `rowid` and `newRowid` are nil, and `oldKey` is not empty, for a WITHOUT ROWID table.
    case update(table: UInt32, rowid: Int64?, newRowid: Int64?, oldKey: [Value], columns: [ChangedColumn])
    /// `rowid` is nil for a WITHOUT ROWID table.
    case delete(table: UInt32, rowid: Int64?, oldValues: [Value])
    case schema(String)
    case contentChecksum(ContentChecksum)

    /// A column's value before and after.
    public struct ChangedColumn: Hashable, Sendable {
        /// Its offset into ``TableDefinition/valueColumns``.
        public var column: Int
        public var old: Value
        public var new: Value

        public init(column: Int, old: Value, new: Value) {
            self.column = column
            self.old = old
            self.new = new
        }
    }
}

extension Change {
    /// A copy of `view`, read with the definitions in force behind it.
    public init(_ view: ChangeView, tables: TableDefinitions) {
        switch view {
        case .tableDefinition(let number):
            self = .tableDefinition(
                tables[number] ?? TableDefinition(number: number, name: "", kind: .rowid, columns: []))
        case .insert(let row):
            self = .insert(
                table: row.table, rowid: tables.hasRowid(row.table) ? row.rowid : nil,
                values: row.values.map(Value.init))
        case .update(let row):
            self = .update(row, hasRowid: tables.hasRowid(row.table))
        case .delete(let row):
            self = .delete(
                table: row.table, rowid: tables.hasRowid(row.table) ? row.rowid : nil,
                oldValues: row.oldValues.map(Value.init))
        case .schema(let sql): self = .schema(String(decoding: sql, as: UTF8.self))
        case .contentChecksum(let checksum): self = .contentChecksum(checksum)
        }
    }

    private static func update(_ row: ChangeView.Update, hasRowid: Bool) -> Change {
        let columns = row.columns.indices.map {
            ChangedColumn(
                column: Int(row.columns[$0]), old: Value(row.oldValues[$0]), new: Value(row.newValues[$0]))
        }
        return .update(
            table: row.table, rowid: hasRowid ? row.oldRowid : nil, newRowid: hasRowid ? row.newRowid : nil,
            oldKey: row.oldKey.map(Value.init), columns: columns)
    }
}

extension TableDefinitions {
    func hasRowid(_ number: UInt32) -> Bool { self[number]?.kind == .rowid }
}
