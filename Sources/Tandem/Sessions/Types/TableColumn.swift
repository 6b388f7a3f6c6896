import PostgresWire
import TandemSQLite

/// A column of a table as its definition declares it.
struct TableColumn: Equatable {
    var name: String
    var type: PostgresType
    /// Whether that is what it declares: columns of views, which may be computed, need not.
    var isTypeKnown = true
    /// Whether it declares a type at all: one that does not is told as a text, and keeps whatever it is given as it is.
    var isDeclared = true
    /// False for a generated or hidden one.
    var isWritable: Bool

    /// The columns of a table or view; none if there is no such table.
    static func all(of table: String, on connection: any StatementConnection) throws(PostgresError) -> [TableColumn] {
        if let relation = Catalog.relations[table] { return columns(of: relation) }
        do {
            let sql = """
                SELECT name, type, hidden, type = '' AND EXISTS (SELECT 1 FROM sqlite_schema AS s WHERE s.type = 'view' \
                AND s.name = $1 COLLATE NOCASE) FROM pragma_table_xinfo($1)
                """
            guard let statement = try connection.cachedStatement(sql) else { return [] }
            defer { connection.giveBack(statement) }
            try ParameterValue.text(table).bind(to: statement, at: 1)
            var columns: [TableColumn] = []
            while try statement.step() {
                let type = String(decoding: statement.text(1), as: UTF8.self)
                columns.append(
                    TableColumn(
                        name: String(decoding: statement.text(0), as: UTF8.self),
                        type: type.isEmpty ? .text : PostgresType(declaredAs: type),
                        isTypeKnown: statement.int64(3) == 0,
                        isDeclared: !type.isEmpty,
                        isWritable: statement.int64(2) == 0))
            }
            // Tables of users first: `information_schema.tables` is called by its whole name.
            if columns.isEmpty, let relation = Catalog.relations["information_schema.\(table)"] {
                return Self.columns(of: relation)
            }
            return columns
        } catch {
            throw PostgresError(mapping: error)
        }
    }

    private static func columns(of relation: CatalogRelation) -> [TableColumn] {
        relation.columns.map { TableColumn(name: $0.name, type: $0.type, isWritable: false) }
    }
}
