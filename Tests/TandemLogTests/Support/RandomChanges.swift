@testable import TandemLog

extension SeededGenerator {
    mutating func value() -> Value {
        switch Int.random(in: 0..<8, using: &self) {
        case 0: return .null
        case 1: return .integer(Int64.random(in: -2...2, using: &self))
        case 2: return .integer(Int64(bitPattern: next()) >> Int64.random(in: 0..<64, using: &self))
        case 3: return .real(Double(bitPattern: next() & 0x7FEF_FFFF_FFFF_FFFF))
        case 4: return .text(String(repeating: "ä", count: Int.random(in: 0..<80, using: &self)))
        case 5: return .text(String(next(), radix: 36))
        case 6: return .blob(bytes(Int.random(in: 0..<130, using: &self)))
        default: return .blob([])
        }
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    mutating func table(_ number: UInt32) -> TableDefinition {
        let kind: TableDefinition.Kind = Bool.random(using: &self) ? .rowid : .withoutRowid
        let columns = (0..<Int.random(in: 1...20, using: &self)).map { place in
            TableDefinition.Column(
                name: "column \(place)", declaredType: ["", "TEXT", "INTEGER"][Int(next() % 3)],
                isPrimaryKey: kind == .withoutRowid && (place == 0 || chance(20)),
                isRowidAlias: kind == .rowid && place == 3)
        }
        return TableDefinition(number: number, name: "table \(number)", kind: kind, columns: columns)
    }

    /// A change of a row of `table`.
    mutating func rowChange(_ table: TableDefinition) -> Change {
        let columns = table.valueColumns
        let hasRowid = table.kind == .rowid
        let rowid = hasRowid ? Int64(bitPattern: next()) >> Int64.random(in: 0..<64, using: &self) : nil
        switch Int.random(in: 0..<3, using: &self) {
        case 0: return .insert(table: table.number, rowid: rowid, values: columns.map { _ in value() })
        case 1: return .delete(table: table.number, rowid: rowid, oldValues: columns.map { _ in value() })
        default:
            let changed = columns.indices.filter { _ in chance(40) }
            return .update(
                table: table.number, rowid: rowid, newRowid: rowid.map { chance(20) ? $0 &+ 1 : $0 },
                oldKey: hasRowid ? [] : columns.filter(\.isPrimaryKey).map { _ in value() },
                columns: changed.map { .init(column: $0, old: value(), new: value()) })
        }
    }

    /// The changes of a transaction that defines its tables itself.
    mutating func transaction() -> [Change] {
        let tables = (1...UInt32.random(in: 1...4, using: &self)).map { table($0) }
        var changes = tables.map { Change.tableDefinition($0) }
        for _ in 0..<Int.random(in: 0..<12, using: &self) {
            switch Int.random(in: 0..<10, using: &self) {
            case 0: changes.append(.schema("ALTER TABLE t ADD COLUMN \(next())"))
            case 1: changes.append(.contentChecksum(.init(table: 1, rowCount: next() >> 40, sum: next())))
            default: changes.append(rowChange(tables[Int(next() % UInt64(tables.count))]))
            }
        }
        return changes
    }
}

enum Payload {
    /// The payload of a transaction with `changes`.
    static func encode(_ changes: [Change]) throws -> [UInt8] {
        var buffer = RecordBuffer(capacity: 256)
        var tables = TableDefinitions()
        buffer.beginRecord(kind: .transaction)
        for change in changes {
            var columnCount = 0
            if case .tableDefinition(let definition) = change { tables.define(definition) }
            if case .update(let table, _, _, _, _) = change { columnCount = tables[table]?.valueColumns.count ?? 0 }
            buffer.write(change, columnCount: columnCount)
        }
        try buffer.endRecord()
        return buffer.withUnsafeBytes { Array($0.dropFirst(26)) }
    }

    /// The changes in `payload`.
    static func decode(_ payload: [UInt8]) throws -> [Change] {
        let decoder = ChangeDecoder()
        return try payload.withUnsafeBytes { bytes in
            decoder.begin(payload: bytes)
            var changes: [Change] = []
            while let view = try decoder.next() { changes.append(Change(view, tables: decoder.tables)) }
            return changes
        }
    }
}
