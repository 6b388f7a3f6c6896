import PostgresWire
import TandemSQLite

/// What PostgreSQL calls a key of a table, which SQLite tells of by its columns alone.
enum UniqueKey {
    /// The name of the key of these columns: as its definition has it, else as PostgreSQL would name it, which is what
    /// `pg_constraint` shows; that of a unique index. Nil if there is none.
    ///
    /// - Parameter columns: in the key's order.
    static func name(of columns: [String], in table: String, on connection: any StatementConnection) -> String? {
        let columns = columns.map { $0.lowercased() }
        do throws(SQLiteError) {
            let definition = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = $1"
            if let sql = try text(definition, [table], on: connection),
                let found = name(of: columns, in: table, TableDefinition(sql))
            {
                return found
            }
            return try text(
                """
                SELECT i.name FROM pragma_index_list($1) AS i WHERE i."unique" AND i.origin = 'c' AND \
                (SELECT group_concat(lower(c.name), ', ') FROM pragma_index_info(i.name) AS c) = $2
                """, [table, columns.joined(separator: ", ")], on: connection)
        } catch {
            // The violation itself is what is to be told.
            return nil
        }
    }

    static func name(of columns: [String], in table: String, _ definition: TableDefinition) -> String? {
        let keys = definition.constraints.filter { $0.columns == columns }
        if let primary = keys.first(where: { $0.kind == "p" }) { return primary.name ?? "\(table)_pkey" }
        guard let unique = keys.first(where: { $0.kind == "u" }) else { return nil }
        return unique.name ?? "\(table)_\(columns.joined(separator: "_"))_key"
    }

    /// The first value that a query answers with.
    private static func text(
        _ sql: String, _ parameters: [String], on connection: any StatementConnection
    ) throws(SQLiteError) -> String? {
        guard let statement = try connection.cachedStatement(sql) else { return nil }
        defer { connection.giveBack(statement) }
        for (number, value) in parameters.enumerated() {
            try ParameterValue.text(value).bind(to: statement, at: number + 1)
        }
        return try statement.step() ? String(decoding: statement.text(0), as: UTF8.self) : nil
    }
}

extension PostgresError {
    /// The same with the name of the key that was violated.
    func namingKey(on connection: any StatementConnection) -> PostgresError {
        guard code == .uniqueViolation, constraint == nil, let table,
            let columns = message.firstRange(of: " constraint failed: ").map({ message[$0.upperBound...] })
        else { return self }
        var error = self
        let names = columns.split(separator: ", ").map { String($0.dropFirst(table.count + 1)) }
        error.constraint = UniqueKey.name(of: names, in: table, on: connection)
        return error
    }
}
