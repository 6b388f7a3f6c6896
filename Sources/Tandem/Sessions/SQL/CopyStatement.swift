import PostgresWire

/// COPY, as its text says it.
struct CopyStatement: Sendable, Equatable {
    enum Subject: Sendable, Equatable {
        /// A table, or some of its columns; nil for all that can be written.
        case table(String, columns: [String]?)
        /// The answer of a query, or of a write with RETURNING.
        case query(sql: String, isWrite: Bool)
    }

    var subject: Subject
    /// Whether the client sends the rows.
    var isFrom: Bool
    var options: CopyOptions

    /// What it is called where it changes something; nil where it only reads.
    var writeTag: String? {
        if isFrom { return "COPY FROM" }
        if case .query(_, isWrite: true) = subject { return "COPY" }
        return nil
    }
}

extension CopyStatement {
    /// Reads `COPY table [(columns)] FROM STDIN …`, `COPY table [(columns)] TO STDOUT …` and `COPY (query) TO STDOUT …`,
    /// with the options in parentheses or, as before PostgreSQL 9.0, behind each other.
    ///
    /// - Throws: ``PostgresError``: 42601 where it cannot be read, 0A000 for files and programs of the server.
    init(parsing words: inout WordCursor) throws(PostgresError) {
        words.advance()
        var settings: [CopySetting] = []
        if words.peek == "binary", !words.isFollowed(byAnyOf: ["from", "to", "(", "."]) {
            words.advance()
            settings.append(CopySetting("format", .text("binary")))
        }
        subject = words.peek == "(" ? try Self.parseQuery(&words) : try Self.parseTable(&words)
        guard let direction = words.next(), direction == "from" || direction == "to" else { throw words.syntaxError() }
        isFrom = direction == "from"
        if isFrom, case .query = subject {
            throw PostgresError(code: .syntaxError, message: "COPY FROM needs a table, not a query")
        }
        try Self.parseEnd(&words)
        if let delimiter = try words.copyDelimiters() { settings.append(delimiter) }
        words.skip("with")
        if words.peek == "(" {
            settings += try words.copySettings()
        } else {
            settings += try words.copySettingsWithoutParentheses()
        }
        if words.peek == "where" {
            throw PostgresError(
                code: .featureNotSupported, message: "COPY FROM with WHERE is not supported",
                hint: "Copy into another table, and from there with INSERT … SELECT … WHERE.")
        }
        guard words.peek == nil else { throw words.syntaxError() }
        options = try CopyOptions(settings, isFrom: isFrom)
    }

    private static func parseQuery(_ words: inout WordCursor) throws(PostgresError) -> Subject {
        let text = words.text(try words.parenthesized())
        let statement = try QueryText.single(text, parameterTypes: [])
        switch statement.command {
        case .read: return .query(sql: statement.sql, isWrite: false)
        case .write where statement.returnsRows: return .query(sql: statement.sql, isWrite: true)
        case .write(let tag):
            throw PostgresError(
                code: .featureNotSupported, message: "COPY query must have a RETURNING clause",
                detail: "\(tag) without one answers with no rows.")
        default:
            throw PostgresError(code: .featureNotSupported, message: "this statement cannot be COPY's query")
        }
    }

    private static func parseTable(_ words: inout WordCursor) throws(PostgresError) -> Subject {
        var name = try words.name()
        if words.skip(".") {
            guard ["main", "public"].contains(name) else {
                throw PostgresError(code: .invalidSchemaName, message: "schema \"\(name)\" does not exist")
            }
            name = try words.name()
        }
        return .table(name, columns: words.peek == "(" ? try words.names() : nil)
    }

    private static func parseEnd(_ words: inout WordCursor) throws(PostgresError) {
        if words.string() != nil || words.skip("program") {
            throw PostgresError(
                code: .featureNotSupported, message: "COPY from or to a file or program of the server is not supported",
                hint: "COPY FROM STDIN and TO STDOUT let the client read and write files, as psql's \\copy does.")
        }
        guard words.skip("stdin") || words.skip("stdout") else { throw words.syntaxError() }
    }
}
