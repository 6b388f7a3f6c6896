import PostgresWire

/// A statement as a session keeps it: prepared by name, or one of a query string.
struct SessionStatement: Sendable {
    /// The text for SQLite, after the few words of PostgreSQL's dialect have been translated.
    let sql: String
    /// The text as the client sent it, for places in errors.
    let original: String
    let command: SessionCommand
    /// Whether it answers with rows: a query, or a write with RETURNING.
    let returnsRows: Bool
    /// The types the client gave its parameters; may be fewer than there are.
    var parameterTypes: [PostgresType] = []
}

/// A prepared statement with its parameters' values, and what is left of its rows once it has run.
struct SessionPortal: Sendable {
    let statement: SessionStatement
    let parameters: [ParameterValue]
    let resultFormats: FormatCodes
    /// The types that Describe has told; nil before.
    var types: [PostgresType]?
    /// Its rows that an Execute with a row limit has left for the next one.
    var remaining: ArraySlice<BackendMessages>?
    var tag = ""
}
