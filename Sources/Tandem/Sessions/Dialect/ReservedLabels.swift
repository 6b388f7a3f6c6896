/// Words that PostgreSQL takes as a column's name behind AS and behind a point, and SQLite only in quotes.
///
/// SQLite's reserved words (its page "SQLite Keywords", without those its grammar lets fall back to names).
enum ReservedLabels {
    static func contains(_ word: String) -> Bool { words.contains(word) }

    private static let words: Set<String> = [
        "add", "all", "alter", "and", "as", "autoincrement", "between", "case", "check", "collate", "commit",
        "constraint", "create", "default", "deferrable", "delete", "distinct", "drop", "else", "escape", "except",
        "exists",
        "foreign", "from", "group", "having", "in", "index", "insert", "intersect", "into", "is", "isnull", "join",
        "limit",
        "nothing", "notnull", "null", "on", "or", "order", "primary", "references", "returning", "select", "set",
        "table", "then",
        "to", "transaction", "union", "unique", "update", "using", "values", "when", "where",
    ]
}
