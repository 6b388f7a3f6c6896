import PostgresWire

/// Statements of PostgreSQL that neither SQLite nor a session has: they are refused with what to do instead, where SQLite
/// would only find a syntax error.
struct MissingStatement {
    let name: String
    let hint: String?

    var refusal: PostgresError {
        PostgresError(code: .featureNotSupported, message: "\(name) is not supported", hint: hint)
    }

    private static let noLanguage = "SQLite has no procedural language: send the statements from the program."
    private static let noFunctions =
        "There are no functions but the node's own: compute in the program, in a view, or in the statements of a trigger."
    private static let anew =
        "In one transaction make a table with it, copy the rows, drop the old table, and rename the new one."

    private static let statements: [String: String] = [
        "do": noLanguage, "call": noLanguage, "merge": "Use INSERT … ON CONFLICT.",
        "checkpoint": "A node checkpoints by itself.",
        "refresh": "Keep the rows in a table, and make them anew in a transaction.",
    ]

    /// What CREATE, ALTER and DROP cannot be of.
    private static let objects: [String: String] = [
        "type": "Declare columns TEXT; CHECK (column IN (…)) makes an enumeration.",
        "domain": "Declare the column with its CHECK.", "function": noFunctions, "procedure": noFunctions,
        "aggregate": noFunctions, "operator": noFunctions, "cast": noFunctions, "language": noFunctions,
        "extension": "gen_random_uuid(), JSON's functions and full-text search (FTS5) are there without one.",
        "schema": "There is one, public: leave the statement out.",
        "database": "A node has one, whatever name a client calls it by.",
        "materialized": "Keep the rows in a table, and make them anew in a transaction.",
        "policy": "Roles hold for the whole database.", "rule": "Use a trigger.", "event": "Use triggers of tables.",
        "publication": "Nodes replicate all tables.", "subscription": "Nodes replicate all tables.",
        "statistics": "ANALYZE gathers what SQLite uses.", "tablespace": "A database is one file.",
        "foreign": "A database has tables of its own alone.", "server": "A database has tables of its own alone.",
    ]

    /// Nil for all that may be run.
    init?(_ words: WordCursor) {
        var words = words
        guard let first = words.next() else { return nil }
        if let hint = Self.statements[first] {
            self.init(name: first.uppercased(), hint: hint)
            return
        }
        guard ["create", "alter", "drop"].contains(first) else { return nil }
        if words.skip("or") { words.skip("replace") }
        let object = words.next() ?? ""
        if let hint = Self.objects[object] {
            let name = object == "materialized" ? "materialized view" : object
            self.init(name: "\(first) \(name)".uppercased(), hint: hint)
        } else if first == "alter", object == "table" {
            self.init(alteration: words)
        } else {
            return nil
        }
    }

    private init(name: String, hint: String?) {
        self.name = name
        self.hint = hint
    }

    /// What follows ALTER TABLE.
    private init?(alteration words: WordCursor) {
        var words = words
        if words.skip("if") { words.skip("exists") }
        words.skip("only")
        words.advance()
        while words.skip(".") { words.advance() }
        switch (words.next(), words.peek) {
        case ("alter", _): self.init(name: "ALTER COLUMN", hint: Self.anew)
        case ("add", "constraint") where Self.isUnique(words): return nil
        case ("add", "constraint"), ("add", "check"), ("add", "primary"), ("add", "foreign"):
            let hint = "ADD UNIQUE (column, …) makes a key; for all else: \(Self.anew)"
            self.init(name: "a constraint that is added later", hint: hint)
        case ("owner", _): self.init(name: "OWNER TO", hint: "Leave it out: roles hold for the whole database.")
        default: return nil
        }
    }

    /// `CONSTRAINT name UNIQUE`
    private static func isUnique(_ constraint: WordCursor) -> Bool {
        var words = constraint
        words.advance()
        words.advance()
        return words.peek == "unique"
    }
}
