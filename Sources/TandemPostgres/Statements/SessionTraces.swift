/// What statements leave behind in a session for its next user, told by their tags and words.
///
/// Settings (`SET`, `set_config`), temporary tables, advisory locks, `LISTEN`, `PREPARE`, cursors `WITH HOLD`, roles.
/// What a function of the database's own does inside is not seen; such a function should clean up after itself, or the
/// data source be told to reset always.
struct SessionTraces {
    /// Whether the session must be reset before its next user.
    private(set) var areLeft = false
    /// Whether statements that were kept prepared may be gone.
    private(set) var statementsMayBeGone = false

    /// Whether anything must be done before the session's next user.
    var needsReset: Bool { areLeft || statementsMayBeGone }

    private static let words = ["set_config", "advisory", "temp"]

    /// A statement has been run.
    mutating func ran(_ sql: String, tag: Substring) {
        switch tag {
        case "SET": if !Self.isLocal(sql) { areLeft = true }
        case "LISTEN", "PREPARE", "LOAD", "DECLARE": areLeft = true
        case "DEALLOCATE", "DISCARD": statementsMayBeGone = true
        default: break
        }
    }

    /// A statement has been run whose words tell that it leaves something.
    mutating func ranTelling() { areLeft = true }

    mutating func statementsWereForgotten() { statementsMayBeGone = false }

    /// The session is as it was when it was new.
    mutating func wereRemoved() { self = SessionTraces() }

    /// `SET LOCAL`, `SET TRANSACTION` and `SET CONSTRAINTS` end with the transaction.
    private static func isLocal(_ sql: String) -> Bool {
        let words = sql.split(maxSplits: 2, whereSeparator: \.isWhitespace)
        guard words.count > 1 else { return false }
        return ["local", "transaction", "constraints"].contains(words[1].lowercased())
    }

    /// Whether a statement's words tell that it leaves something that its tag does not.
    ///
    /// - Complexity: O(length of the statement). It is asked of a statement that is not prepared; none for which it is
    ///   true is prepared.
    static func tells(_ sql: String) -> Bool {
        var sql = sql
        return sql.withUTF8 { text in
            words.contains { word in
                let word = Array(word.utf8)
                guard text.count >= word.count else { return false }
                return (0...(text.count - word.count)).contains { start in
                    word.indices.allSatisfy { text[start + $0] | 0x20 == word[$0] | 0x20 }
                }
            }
        }
    }
}
