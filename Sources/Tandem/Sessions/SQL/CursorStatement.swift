import PostgresWire

/// DECLARE, FETCH or MOVE: a query's rows, asked for piece by piece.
enum CursorStatement: Sendable, Equatable {
    /// DECLARE of a cursor for a query: what SQLite is given, and what the client has written.
    case declare(name: String, sql: String, source: String)
    /// FETCH or MOVE of the next rows; nil for all that are left.
    case fetch(name: String, count: Int?, isMove: Bool)
}

extension CursorStatement {
    /// Reads `DECLARE name [NO SCROLL] CURSOR [WITHOUT HOLD] FOR query`.
    ///
    /// - Throws: ``PostgresError``: 42601 where it cannot be read, 0A000 for cursors that outlive their transaction.
    static func declaration(parsing words: inout WordCursor) throws(PostgresError) -> CursorStatement {
        words.advance()
        let name = try words.name()
        if words.skip("binary") {
            throw PostgresError(
                code: .featureNotSupported, message: "BINARY cursors are not supported",
                hint: "Bind a portal with binary format, and fetch its rows by Execute.")
        }
        for option in ["asensitive", "insensitive", "no", "scroll"] { words.skip(option) }
        guard words.skip("cursor") else { throw words.syntaxError() }
        if words.skip("with") {
            throw PostgresError(
                code: .featureNotSupported, message: "cursors WITH HOLD are not supported",
                hint: "Fetch all rows within the transaction.")
        }
        if words.skip("without") { words.skip("hold") }
        guard words.skip("for") else { throw words.syntaxError() }
        let query = try QueryText.single(words.rest, parameterTypes: [])
        guard query.command == .read else {
            throw PostgresError(code: .featureNotSupported, message: "a cursor can only be declared for a query")
        }
        return .declare(name: name, sql: query.sql, source: query.source)
    }

    /// Reads `FETCH|MOVE [NEXT | FORWARD [count | ALL] | count | ALL] [FROM | IN] name`.
    static func fetch(parsing words: inout WordCursor) throws(PostgresError) -> CursorStatement {
        let isMove = words.next() == "move"
        var count: Int? = 1
        // A single word is the cursor's name.
        if let word = words.peek, !words.isLast {
            if ["prior", "first", "last", "absolute", "relative", "backward"].contains(word) {
                throw PostgresError(code: .objectNotInPrerequisiteState, message: "cursor can only scan forward")
            }
            let isForward = words.skip("forward")
            if !isForward { words.skip("next") }
            if words.skip("all") {
                count = nil
            } else if let number = words.peek.flatMap({ Int($0) }) {
                words.advance()
                count = number
            }
        }
        if !words.skip("from") { words.skip("in") }
        let name = try words.name()
        guard words.peek == nil else { throw words.syntaxError() }
        return .fetch(name: name, count: count, isMove: isMove)
    }
}
