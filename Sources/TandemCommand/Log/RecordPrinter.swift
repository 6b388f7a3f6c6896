import Foundation
import PostgresWire
import TandemLog

/// Prints records one by one.
protocol RecordPrinter {
    func print(_ record: Record, epoch: Epoch?, changes: [Change], tables: TableDefinitions) throws
}

extension Record {
    /// The commit time in ISO 8601, UTC, with microseconds.
    var timeText: String {
        MomentText.text(time, separator: "T", zone: "Z")
    }
}

/// A change of a row with its columns' names.
struct NamedChange {
    let kind: String
    let table: String
    let rowid: Int64?
    let newRowid: Int64?
    /// The row before: the key's or changed columns of an update, all of a delete.
    let old: [(name: String, value: Value)]
    let new: [(name: String, value: Value)]

    /// Nil for what is no change of a row.
    init?(_ change: Change, tables: TableDefinitions) {
        switch change {
        case .insert(let number, let rowid, let values):
            guard let table = tables[number] else { return nil }
            self.init("insert", table, rowid, nil, [], Self.named(table, values))
        case .delete(let number, let rowid, let values):
            guard let table = tables[number] else { return nil }
            self.init("delete", table, rowid, nil, Self.named(table, values), [])
        case .update(let number, let rowid, let newRowid, let key, let columns):
            guard let table = tables[number] else { return nil }
            let names = table.valueColumns
            let keys = zip(names.filter(\.isPrimaryKey), key).map { ($0.name, $1) }
            self.init(
                "update", table, rowid, newRowid,
                keys.filter { key in !columns.contains { names[$0.column].name == key.0 } }
                    + columns.map { (names[$0.column].name, $0.old) },
                columns.map { (names[$0.column].name, $0.new) })
        case .tableDefinition, .schema, .contentChecksum: return nil
        }
    }

    private init(
        _ kind: String, _ table: TableDefinition, _ rowid: Int64?, _ newRowid: Int64?,
        _ old: [(name: String, value: Value)], _ new: [(name: String, value: Value)]
    ) {
        self.kind = kind
        self.table = table.name
        self.rowid = rowid
        self.newRowid = newRowid
        let alias = table.columns.first(where: \.isRowidAlias).map(\.name)
        func complete(_ values: [(name: String, value: Value)], _ rowid: Int64?) -> [(name: String, value: Value)] {
            guard let alias, let rowid, !values.isEmpty else { return values }
            return [(alias, .integer(rowid))] + values
        }
        self.old = kind == "delete" ? complete(old, rowid) : old
        self.new = kind == "insert" ? complete(new, rowid) : new
    }

    private static func named(_ table: TableDefinition, _ values: [Value]) -> [(name: String, value: Value)] {
        zip(table.valueColumns, values).map { ($0.name, $1) }
    }
}
