import PostgresWire

extension SessionCommand {
    /// COPY, and what is about cursors and listening; nil for all else.
    static func parseOther(_ words: inout WordCursor) throws(PostgresError) -> SessionCommand? {
        switch words.peek {
        case "copy": return .copy(try CopyStatement(parsing: &words))
        case "declare": return .cursor(try CursorStatement.declaration(parsing: &words))
        case "fetch", "move": return .cursor(try CursorStatement.fetch(parsing: &words))
        case "close":
            words.advance()
            let name = try words.lastName()
            return .close(name == "all" ? nil : name)
        case "unlisten": return .unlisten
        default: return nil
        }
    }
}
