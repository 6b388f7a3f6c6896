import TandemTransactions

/// What a statement's words tell of it before it is run.
struct StatementTraits: Sendable, Hashable {
    /// Its first word in lower case, behind comments and brackets.
    let firstWord: String
    /// Whether it may leave something in the session for the next user: a setting, a variable, a temporary table, a
    /// lock. What a stored function does inside is not seen.
    let mayLeaveTraces: Bool
    /// Whether MariaDB commits the transaction before and behind it.
    let commitsImplicitly: Bool
    /// Whether it has a RETURNING, or a column of that name.
    let mentionsReturning: Bool

    private static let plain: Set = ["select", "insert", "update", "delete", "replace", "with", "values", "table"]
    private static let harmless: Set = ["show", "explain", "describe", "desc", "do", "savepoint", "release"]
    private static let committing: Set = [
        "create", "alter", "drop", "truncate", "rename", "grant", "revoke", "analyze", "optimize", "repair", "lock",
        "begin", "start", "flush", "install", "uninstall", "cache", "check",
    ]

    /// - Complexity: O(length of the text). It is asked when a statement is prepared.
    init(_ sql: String) {
        let text = sql.lowercased()
        var words = LeadingWords(text)
        firstWord = words.next() ?? ""
        let isTemporary = text.contains("temporary")
        let isDefinition = Self.committing.contains(firstWord)
        commitsImplicitly = isDefinition && !(isTemporary && ["create", "drop"].contains(firstWord))
        let isKnown = Self.plain.contains(firstWord) || Self.harmless.contains(firstWord)
        mayLeaveTraces =
            !(isKnown || (isDefinition && !isTemporary && firstWord != "lock")) || text.contains("get_lock")
            || Self.namesVariable(text.utf8[...])
        mentionsReturning = text.contains("returning")
    }

    /// Whether it is one of the statements that are run again and again.
    var isWorthKeeping: Bool { Self.plain.contains(firstWord) }

    /// Whether running it twice does no more than running it once.
    var isQuery: Bool { ["select", "with", "values", "table", "show"].contains(firstWord) }

    /// Whether it names a variable of the user's, `@name`; those of the system, `@@name`, it can only read.
    private static func namesVariable(_ text: Substring.UTF8View) -> Bool {
        var rest = text
        while let at = rest.firstIndex(of: UInt8(ascii: "@")) {
            let next = rest.index(after: at)
            guard next < rest.endIndex, rest[next] == UInt8(ascii: "@") else { return true }
            rest = rest[rest.index(after: next)...]
        }
        return false
    }
}
