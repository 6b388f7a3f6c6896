import PostgresWire
import TandemSQLite

/// The column of a table that a column of an answer shows, by the catalogue's numbers: JDBC asks by them whether it is
/// numbered by the database, whether it may be null, and which table it is of.
struct ColumnOrigin: Equatable {
    /// `pg_class.oid`; 0 for an expression.
    var table: UInt32 = 0
    /// `pg_attribute.attnum`; 0 for an expression.
    var column: Int16 = 0

    /// The descriptions with their origins.
    static func adding(
        to columns: [ColumnDescription], of prepared: PreparedStatement, _ statement: SessionStatement,
        on connection: any StatementConnection
    ) -> [ColumnDescription] {
        zip(columns, all(of: prepared, statement, on: connection)).map { column, origin in
            var column = column
            column.tableOID = origin.table
            column.attributeNumber = origin.column
            return column
        }
    }

    /// The origins of all columns. They are looked up once for each prepared statement.
    static func all(
        of prepared: PreparedStatement, _ statement: SessionStatement, on connection: any StatementConnection
    ) -> [ColumnOrigin] {
        if let known = statement.types.origins, known.count == prepared.columnCount { return known }
        let origins = lookUp(prepared, on: connection)
        statement.types.origins = origins
        return origins
    }

    private static func lookUp(_ prepared: PreparedStatement, on connection: any StatementConnection) -> [ColumnOrigin]
    {
        (0..<prepared.columnCount).map { column in
            guard let table = prepared.columnTable(column), let name = prepared.columnOrigin(column) else {
                return ColumnOrigin()
            }
            // What cannot be looked up is of no known table: the answer itself is as good without.
            return (try? find(table, name, on: connection)) ?? ColumnOrigin()
        }
    }

    private static func find(
        _ table: String, _ column: String, on connection: any StatementConnection
    ) throws(SQLiteError) -> ColumnOrigin? {
        let sql = """
            SELECT \(Catalog.firstObject) + s.rowid, x.cid + 1 FROM sqlite_schema AS s, pragma_table_xinfo(s.name) AS x \
            WHERE s.type IN ('table', 'view') AND s.name = $1 AND x.name = $2
            """
        guard let statement = try connection.cachedStatement(sql) else { return nil }
        defer { connection.giveBack(statement) }
        try ParameterValue.text(table).bind(to: statement, at: 1)
        try ParameterValue.text(column).bind(to: statement, at: 2)
        guard try statement.step() else { return nil }
        return ColumnOrigin(
            table: UInt32(clamping: statement.int64(0)), column: Int16(clamping: statement.int64(1)))
    }
}
