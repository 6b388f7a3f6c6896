import PostgresWire
import TandemSQLite

extension CopyColumn {
    /// The columns of a table that a COPY is about: those named, or all but generated ones.
    ///
    /// - Throws: ``PostgresError``: 42P01, 42703, 42701.
    static func columns(
        of table: String, named names: [String]?, on connection: any StatementConnection
    ) throws(PostgresError) -> [CopyColumn] {
        let all = try TableColumn.all(of: table, on: connection).filter(\.isWritable).map {
            CopyColumn(name: $0.name, type: $0.type)
        }
        guard !all.isEmpty else {
            throw PostgresError(
                code: .undefinedTable, message: "relation \"\(table)\" does not exist", table: table)
        }
        guard let names else { return all }
        var columns: [CopyColumn] = []
        for name in names {
            guard let column = all.first(where: { $0.name.lowercased() == name.lowercased() }) else {
                throw PostgresError(
                    code: .undefinedColumn, message: "column \"\(name)\" of relation \"\(table)\" does not exist",
                    table: table, column: name)
            }
            guard !columns.contains(column) else {
                throw PostgresError(
                    code: .duplicateColumn, message: "column \"\(name)\" specified more than once", table: table,
                    column: name)
            }
            columns.append(column)
        }
        return columns
    }
}
