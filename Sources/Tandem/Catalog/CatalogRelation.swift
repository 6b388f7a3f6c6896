import PostgresWire

/// A relation of `pg_catalog` or `information_schema`: its columns, and the query that computes what is known of them.
struct CatalogRelation: Sendable {
    struct Column: Sendable {
        var name: String
        /// PostgreSQL's name of its type.
        var typeName: String
        /// Whether nothing is NULL, not 0.
        var isNullable: Bool

        var type: PostgresType {
            switch typeName {
            case "char": .char
            case "int2vector": .init(oid: 22)
            case "oidvector": .init(oid: 30)
            case "regproc", "regtype", "pg_node_tree", "xid", "inet", "anyarray", "pg_ndistinct", "pg_dependencies":
                .text
            case "pg_lsn": .pgLSN
            case "interval": .init(oid: 1186)
            case "name": .name
            case "aclitem[]": .init(oid: 1034)
            case "char[]": .init(oid: 1002)
            case _ where typeName.hasSuffix("[]"): PostgresType(cast: String(typeName.dropLast(2))).array
            default: PostgresType(cast: typeName)
            }
        }

        /// What a value is made, so that comparisons with it treat it as what it is.
        var affinity: String? {
            switch typeName {
            case "oid", "int2", "int4", "int8", "bool", "xid": "INTEGER"
            case "float4", "float8": "REAL"
            case _ where typeName.hasSuffix("[]"): nil
            default: "TEXT"
            }
        }

        /// What stands for a value that there is not.
        var nothing: String {
            guard !isNullable else { return "NULL" }
            return switch typeName {
            case "oid", "int2", "int4", "int8", "bool", "float4", "float8": "0"
            case "char": "''"
            default: "NULL"
            }
        }
    }

    let name: String
    let columns: [Column]

    /// Reads a line of ``CatalogColumns``.
    init(line: Substring) {
        let words = line.split(separator: " ").map(String.init)
        name = words[0]
        columns = words.dropFirst().map { word in
            let halves = word.split(separator: ":", maxSplits: 1).map(String.init)
            let isNullable = halves[1].hasSuffix("?")
            return Column(
                name: halves[0], typeName: isNullable ? String(halves[1].dropLast()) : halves[1], isNullable: isNullable
            )
        }
    }

    /// Its definition for WITH.
    func definition(_ rows: CatalogRows?) -> String {
        let values = columns.map { column in
            let value = rows?.values[column.name] ?? column.nothing
            return "\(column.affinity.map { "CAST(\(value) AS \($0))" } ?? value) AS \"\(column.name)\""
        }
        return
            "\"\(name)\" AS (SELECT \(values.joined(separator: ", ")) \(rows.map { "FROM \($0.source)" } ?? "WHERE 0"))"
    }
}

/// Where the rows of a relation come from, and its columns' values; those that are missing are nothing.
struct CatalogRows: Sendable {
    /// What stands behind FROM.
    let source: String
    let values: [String: String]

    init(_ source: String, _ values: [String: String]) {
        self.source = source
        self.values = values
    }
}
