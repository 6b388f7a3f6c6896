/// What the declared type of a column says of its values (docs/SQL.md has the table).
package enum DeclaredType: Sendable, Hashable {
    case boolean, integer, real, numeric
    case text, variableText
    case bytes
    case date, time, timestamp, timestampWithZone
    case uuid, json, binaryJSON

    /// SQLite's own affinity rules decide where the name says nothing.
    package init(_ declaration: String) {
        let name = declaration.lowercased()
        var base = name.prefix { $0 != "(" }
        while base.last == " " { base.removeLast() }
        switch base {
        case "bool", "boolean": self = .boolean
        case "date": self = .date
        case "time", "time without time zone": self = .time
        case "timestamp", "datetime", "timestamp without time zone": self = .timestamp
        case "timestamptz", "timestamp with time zone": self = .timestampWithZone
        case "uuid": self = .uuid
        case "json": self = .json
        case "jsonb": self = .binaryJSON
        case "bytea": self = .bytes
        case "numeric", "decimal", "number": self = .numeric
        case "varchar", "character varying", "nvarchar": self = .variableText
        default: self = Self.byAffinity(name)
        }
    }

    /// SQLite's rules of column affinity (datatype3.html, section 3.1).
    private static func byAffinity(_ name: String) -> DeclaredType {
        if name.contains("int") || name.contains("serial") { return .integer }
        if name.contains("char") || name.contains("clob") || name.contains("text") { return .text }
        if name.contains("blob") { return .bytes }
        if name.contains("real") || name.contains("floa") || name.contains("doub") { return .real }
        return .text
    }
}
