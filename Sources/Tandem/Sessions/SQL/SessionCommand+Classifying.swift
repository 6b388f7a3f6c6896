import PostgresWire
import TandemSQLite

extension SessionCommand {
    /// A statement for SQLite, by its first words.
    static func classify(_ words: WordCursor) -> SessionCommand {
        var words = words
        var first = words.next() ?? ""
        // (SELECT …) UNION …
        while first == "(" { first = words.next() ?? "" }
        switch first {
        case "select", "values", "explain", "table": return .read
        case "with": return withTag(&words)
        case "pragma": return pragma(&words)
        case "insert", "replace": return .write(tag: "INSERT")
        case "update", "delete": return .write(tag: first.uppercased())
        case "truncate": return .write(tag: "TRUNCATE TABLE")
        case "create", "drop", "alter":
            var object = words.next() ?? ""
            while ["temp", "temporary", "unique", "virtual", "if", "unlogged"].contains(object) {
                object = words.next() ?? ""
            }
            return .write(tag: "\(first.uppercased()) \(object.uppercased())")
        default: return .write(tag: first.uppercased())
        }
    }

    /// Few PRAGMAs change something that is replicated; the others tell something, or are refused by the connection.
    private static func pragma(_ words: inout WordCursor) -> SessionCommand {
        var name = words.next() ?? ""
        if words.skip(".") { name = words.next() ?? "" }
        let hasArgument = words.peek != nil
        let writes = name == "optimize" || hasArgument && ["application_id", "user_version"].contains(name)
        return writes ? .write(tag: "PRAGMA") : .read
    }

    /// WITH … is what follows its common table expressions, outside of all parentheses.
    private static func withTag(_ words: inout WordCursor) -> SessionCommand {
        var depth = 0
        while let word = words.next() {
            switch word {
            case "(": depth += 1
            case ")": depth -= 1
            case "select" where depth == 0, "values" where depth == 0: return .read
            case "insert" where depth == 0, "replace" where depth == 0: return .write(tag: "INSERT")
            case "update" where depth == 0, "delete" where depth == 0: return .write(tag: word.uppercased())
            default: continue
            }
        }
        return .read
    }
}
