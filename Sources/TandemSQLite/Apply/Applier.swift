import CTandemSQLite
import TandemLog

/// Applies records to a database: the changes of rows by prepared statements, those of the schema as their text.
///
/// Belongs to a ``WriterConnection`` in its applying mode.
final class Applier {
    private let handle: OpaquePointer
    let decoder: ChangeDecoder
    private let shapes: TableShapeReader
    /// What keeps the sums of the tables' rows; nil if they are not kept.
    private let content: AppliedContent?
    /// What is needed to apply changes to a table, by its number in the log.
    private var tables: [AppliedTable?] = []

    init(_ handle: OpaquePointer, tables: TableDefinitions, content: AppliedContent?) throws(SQLiteError) {
        self.handle = handle
        self.content = content
        decoder = ChangeDecoder(tables: tables)
        shapes = try TableShapeReader(handle)
    }

    /// Reads a record that was applied before: its table definitions are needed still.
    func skip(_ record: Record) throws {
        if record.beginsSegment { tables.removeAll() }
        decoder.begin(record)
        while let change = try decoder.next() {
            if case .tableDefinition(let number) = change { forget(number) }
        }
    }

    /// Applies a record's changes. SQLite's transaction must be open.
    ///
    /// - Throws: ``SQLiteError`` with `contentDiffers`, or SQLite's; the log's `malformed`.
    func apply(_ record: Record) throws {
        guard record.kind.isKnown else {
            throw SQLiteError(
                .unsupported,
                "Record \(record.index) is of a kind that this version does not know: update this node.")
        }
        if record.beginsSegment { tables.removeAll() }
        decoder.begin(record)
        while let change = try decoder.next() {
            do {
                try apply(change, of: record)
            } catch let error as SQLiteError {
                guard content?.goesOn(without: error, at: record.index) ?? false else { throw error }
            }
        }
        try content?.checkFailure(record.index)
    }

    @inline(__always)
    private func apply(_ change: ChangeView, of record: Record) throws {
        switch change {
        case .insert(let row): try table(row.table, record)?.insert(row, record)
        case .update(let row): try table(row.table, record)?.update(row, record)
        case .delete(let row): try table(row.table, record)?.delete(row, record)
        case .tableDefinition(let number): forget(number)
        case .schema(let sql): try execute(sql, record)
        case .contentChecksum(let checksum):
            try content?.compare(checksum, decoder.tables[checksum.table]?.name ?? "", record.index)
        }
    }

    /// The table whose row changes; nil for one of statistics, whose rows logs of former versions have, and which are
    /// passed over.
    @inline(__always)
    private func table(_ number: UInt32, _ record: Record) throws -> AppliedTable? {
        let table: AppliedTable
        if number < tables.count, let known = tables[Int(number)] {
            table = known
        } else if let prepared = try prepareTable(number, record) {
            table = prepared
        } else {
            return nil
        }
        if let content, table.content?.mustBeChecked ?? false { try content.check(table.content, record.index) }
        return table
    }

    private func prepareTable(_ number: UInt32, _ record: Record) throws -> AppliedTable? {
        guard let definition = decoder.tables[number] else {
            throw differs(record, "", "its definition is missing from the log")
        }
        guard !StatisticsTable.isOne(definition.name) else { return nil }
        guard let shape = try shapes.read(definition.name) else {
            throw differs(record, definition.name, "there is no such table")
        }
        guard shape.definition(number: number) == definition else {
            throw differs(record, definition.name, "the table has other columns")
        }
        let table = try AppliedTable(handle, definition, shape, content: content?.contents.tables[definition.name])
        if Int(number) >= tables.count {
            tables.append(contentsOf: repeatElement(nil, count: Int(number) + 1 - tables.count))
        }
        tables[Int(number)] = table
        return table
    }

    private func forget(_ number: UInt32) {
        if number < tables.count { tables[Int(number)] = nil }
    }

    private func execute(_ sql: UnsafeRawBufferPointer, _ record: Record) throws(SQLiteError) {
        // Shapes may change with it; whatever is written to afterwards is looked at anew.
        tables.removeAll()
        let text = String(decoding: sql, as: UTF8.self)
        let kind = StatementKind(text)
        guard try !dropsMissingStatistics(kind) else { return }
        content?.schemaChangeBegins()
        guard sqlite3_exec(handle, text, nil, nil, nil) == SQLITE_OK else {
            let cause = SQLiteError(handle, resultCode: sqlite3_extended_errcode(handle))
            // A disk that is full or fails says nothing of what the database holds.
            guard !cause.isOfTheSystem else { throw cause }
            throw SQLiteError(
                .contentDiffers,
                "Record \(record.index) does not fit this database: a change of the schema fails (\(cause.message)). "
                    + "The database has drifted and must be made anew from another node.", resultCode: cause.resultCode)
        }
        if kind.changesSchema { try content?.schemaChanged() } else { content?.schemaChangeEnds() }
    }

    /// Whether it is a DROP TABLE of statistics that this node has not: which it keeps depends on its SQLite.
    private func dropsMissingStatistics(_ kind: StatementKind) throws(SQLiteError) -> Bool {
        guard case .dropTable(let dropped) = kind else { return false }
        let name = dropped.name.lowercased()
        guard StatisticsTable.isOne(name) else { return false }
        return try shapes.read(name) == nil
    }

    private func differs(_ record: Record, _ table: String, _ reason: String) -> SQLiteError {
        .contentDiffers(record.index, table, reason)
    }
}

extension SQLiteError {
    static func contentDiffers(
        _ index: LogIndex, _ table: String, _ reason: String, resultCode: Int32 = SQLITE_ERROR
    ) -> SQLiteError {
        let place = table == ContentDrift.schema ? "" : "table `\(table)` of "
        return SQLiteError(
            .contentDiffers,
            "Record \(index) does not fit \(place)this database: \(reason). The database has drifted and "
                + "must be made anew from another node: start this one with --resync.", resultCode: resultCode,
            table: table)
    }
}
