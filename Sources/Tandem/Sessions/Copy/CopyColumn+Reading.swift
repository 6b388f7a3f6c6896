import PostgresWire
import TandemSQLite

extension CopyColumn {
    /// The columns of a table that a COPY is about: those named, or all but generated ones.
    ///
    /// - Throws: ``PostgresError``: 42P01, 42703, 42701.
    static func columns(
        of table: String, named names: [String]?, on connection: any StatementConnection
    ) throws(PostgresError) -> [CopyColumn] {
        let all = try columns(of: table, on: connection)
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

    private static func columns(of table: String, on connection: any StatementConnection) throws(PostgresError)
        -> [CopyColumn]
    {
        do {
            guard let statement = try connection.cachedStatement("SELECT name, type FROM pragma_table_info($1)") else {
                return []
            }
            defer { connection.giveBack(statement) }
            try ParameterValue.text(table).bind(to: statement, at: 1)
            var columns: [CopyColumn] = []
            while try statement.step() {
                let type = String(decoding: statement.text(1), as: UTF8.self)
                columns.append(
                    CopyColumn(
                        name: String(decoding: statement.text(0), as: UTF8.self),
                        type: type.isEmpty ? .text : PostgresType(declaredAs: type)))
            }
            return columns
        } catch {
            throw PostgresError(mapping: error)
        }
    }
}
