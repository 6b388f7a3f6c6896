import PostgresWire
import TandemSQLite

// `CREATE TABLE name AS query`.
extension SessionStatement {
    /// The table that the statement makes of a query as two statements: one that declares its columns, and one that fills
    /// it.
    ///
    /// - Returns: nil for all other statements, and where SQLite is to make the table by itself: where there is one of that
    ///   name, where two columns would be called the same, and where it tells what is wrong with the query.
    func declaredTable(
        _ translated: TranslatedSQL?, on connection: any StatementConnection
    ) throws(PostgresError) -> (definition: String, filling: String)? {
        guard let parts = translated?.filling, parts.count == 3 else { return nil }
        let (head, name, query) = (parts[0].text, parts[1].text, parts[2].text)
        let table = WordCursor.unquotedName(String(name.dropFirst()))
        guard try TableColumn.all(of: table, on: connection).isEmpty,
            let columns = columns(of: query, on: connection), !columns.isEmpty
        else { return nil }
        return ("\(head)\(name) (\(columns.joined(separator: ", ")))", "INSERT INTO\(name) \(query)")
    }

    /// The definitions of the query's columns.
    private func columns(of query: String, on connection: any StatementConnection) -> [String]? {
        var query = query
        let prepared = query.withUTF8 { text in try? connection.prepare(text, from: 0).statement }
        guard let prepared else { return nil }
        let count = prepared.columnCount
        let names = (0..<count).map { prepared.columnName($0) }
        guard Set(names.map { $0.lowercased() }).count == count else { return nil }
        // A column without a type would change what it is made of if it were declared as the text that it is told as.
        let types = TypeAnalysis(SQLItem.items(of: source), on: connection, tellsUndeclared: false)
        let computed = types.columns(count: count)
        return zip(names.indices, names).map { column, name in
            let type = prepared.columnDeclaredType(column).map(Self.declaration) ?? computed[column]?.declaration
            return type.map { "\(name.quotedName) \($0)" } ?? name.quotedName
        }
    }

    /// A declared type as it is to be written: a name in quotes may hold anything.
    private static func declaration(_ declared: String) -> String? {
        let isPlain = declared.wholeMatch(of: /[A-Za-z][A-Za-z0-9_ ]*(\([0-9, ]+\))?/) != nil
        return isPlain ? declared : PostgresType(declaredAs: declared).declaration
    }
}

extension PostgresType {
    /// What a column is declared as that holds such values; nil for what no column can be declared as.
    fileprivate var declaration: String? {
        switch self {
        case .bool: "BOOLEAN"
        case .int2, .int4: "INTEGER"
        case .int8: "BIGINT"
        case .float4, .float8: "DOUBLE PRECISION"
        case .numeric: "NUMERIC"
        case .text, .varchar: "TEXT"
        case .bytea: "BYTEA"
        case .date: "DATE"
        case .time: "TIME"
        case .timestamp: "TIMESTAMP"
        case .timestamptz: "TIMESTAMPTZ"
        case .interval: "INTERVAL"
        case .uuid: "UUID"
        case .json: "JSON"
        case .jsonb: "JSONB"
        case .pgLSN: "PG_LSN"
        default: nil
        }
    }
}
