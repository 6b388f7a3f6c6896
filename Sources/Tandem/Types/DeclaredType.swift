/// What the declared type of a column says of its values (docs/SQL.md has the table).
package enum DeclaredType: Sendable, Hashable {
    case boolean, integer, real, numeric
    case text, variableText
    case bytes
    case date, time, timestamp, timestampWithZone, interval
    case uuid, json, binaryJSON
    case logPosition

    /// SQLite's own affinity rules decide where the name says nothing.
    package init(_ declaration: String) {
        // Bytes, not characters: it is asked for each column of each answer.
        let name = declaration.lowercased()
        var base = name.utf8.prefix { $0 != UInt8(ascii: "(") }
        while base.last == UInt8(ascii: " ") { base.removeLast() }
        // A string of its own: one that is short is compared without looking at characters.
        switch String(Substring(base)) {
        case "text": self = .text
        case "integer", "int", "bigint": self = .integer
        case "bool", "boolean": self = .boolean
        case "date": self = .date
        case "time", "time without time zone": self = .time
        case "timestamp", "datetime", "timestamp without time zone": self = .timestamp
        case "timestamptz", "timestamp with time zone": self = .timestampWithZone
        case "interval": self = .interval
        case "uuid": self = .uuid
        case "json": self = .json
        case "jsonb": self = .binaryJSON
        case "pg_lsn": self = .logPosition
        case "bytea": self = .bytes
        case "numeric", "decimal", "number": self = .numeric
        case "varchar", "character varying", "nvarchar": self = .variableText
        default: self = Self.byAffinity(name)
        }
    }

    /// SQLite's rules of column affinity (datatype3.html, section 3.1).
    private static func byAffinity(_ name: String) -> DeclaredType {
        func has(_ word: StaticString) -> Bool { name.utf8.contains(word) }
        if has("int") || has("serial") { return .integer }
        if has("char") || has("clob") || has("text") { return .text }
        if has("blob") { return .bytes }
        if has("real") || has("floa") || has("doub") { return .real }
        return .text
    }
}

extension String.UTF8View {
    /// Whether `word` stands somewhere in it.
    fileprivate func contains(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            var start = startIndex
            while start < endIndex {
                if self[start...].starts(with: word) { return true }
                formIndex(after: &start)
            }
            return false
        }
    }
}
