import PostgresWire

extension PostgresType {
    /// The type that clients are told for a column declared as `declaration` in SQLite (docs/SQL.md has the table).
    ///
    /// SQLite's own affinity rules decide where the name says nothing.
    init(declaredAs declaration: String) {
        let name = declaration.lowercased()
        let base = name.prefix { $0 != "(" }.trimmingSuffix(while: { $0 == " " })
        switch String(base) {
        case "bool", "boolean": self = .bool
        case "date": self = .date
        case "time", "time without time zone": self = .time
        case "timestamp", "datetime", "timestamp without time zone": self = .timestamp
        case "timestamptz", "timestamp with time zone": self = .timestamptz
        case "uuid": self = .uuid
        case "json": self = .json
        case "jsonb": self = .jsonb
        case "bytea": self = .bytea
        case "numeric", "decimal", "number": self = .numeric
        case "varchar", "character varying", "nvarchar": self = .varchar
        default: self = Self.byAffinity(name)
        }
    }

    /// SQLite's rules of column affinity (datatype3.html, section 3.1).
    private static func byAffinity(_ name: String) -> PostgresType {
        if name.contains("int") || name.contains("serial") { return .int8 }
        if name.contains("char") || name.contains("clob") || name.contains("text") { return .text }
        if name.contains("blob") { return .bytea }
        if name.contains("real") || name.contains("floa") || name.contains("doub") { return .float8 }
        return .text
    }
}

extension StringProtocol {
    fileprivate func trimmingSuffix(while condition: (Character) -> Bool) -> SubSequence {
        var end = endIndex
        while end > startIndex, condition(self[index(before: end)]) { end = index(before: end) }
        return self[startIndex..<end]
    }
}
