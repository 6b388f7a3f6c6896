import PostgresWire

extension SessionCommand {
    /// BEGIN, COMMIT, ROLLBACK and their other names, and what savepoints are made and ended by.
    ///
    /// - Throws: ``PostgresError``: 42601 where it cannot be read, 0A000 for what is prepared to be committed in two phases.
    static func parseTransaction(_ words: inout WordCursor) throws(PostgresError) -> SessionCommand {
        switch words.peek {
        case "commit", "end": return .commit(chains: try parseEnd(&words))
        case "rollback", "abort": return try parseRollback(&words)
        case "savepoint":
            words.advance()
            return .savepoint(try words.lastName())
        case "release":
            words.advance()
            words.skip("savepoint")
            return .release(try words.lastName())
        default: return try parseBegin(&words)
        }
    }

    private static func parseBegin(_ words: inout WordCursor) throws(PostgresError) -> SessionCommand {
        words.advance()
        words.skip("transaction")
        words.skip("work")
        // SQLite's own words are understood too; with one writer they make no difference.
        for word in ["deferred", "immediate", "exclusive"] { words.skip(word) }
        words.skip("transaction")
        return .begin(try parseModes(&words))
    }

    private static func parseRollback(_ words: inout WordCursor) throws(PostgresError) -> SessionCommand {
        var ahead = words
        ahead.skipTransactionWord()
        guard words.peek == "rollback", ahead.skip("to") else { return .rollback(chains: try parseEnd(&words)) }
        words = ahead
        words.skip("savepoint")
        return .rollbackTo(try words.lastName())
    }

    /// Reads what follows COMMIT or ROLLBACK: `[WORK | TRANSACTION] [AND [NO] CHAIN]`.
    ///
    /// - Returns: whether another block follows at once.
    private static func parseEnd(_ words: inout WordCursor) throws(PostgresError) -> Bool {
        words.skipTransactionWord()
        if words.skip("prepared") { throw .twoPhasesAreNotSupported }
        var chains = false
        if words.skip("and") {
            chains = !words.skip("no")
            guard words.skip("chain") else { throw words.syntaxError() }
        }
        guard words.peek == nil else { throw words.syntaxError() }
        return chains
    }
}

extension PostgresError {
    static var twoPhasesAreNotSupported: PostgresError {
        PostgresError(
            code: .featureNotSupported, message: "transactions in two phases are not supported",
            hint: "COMMIT and ROLLBACK end a transaction in one.")
    }
}
