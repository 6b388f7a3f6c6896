import TandemLog

/// A table whose rows are to be added up.
public struct ContentWork: Hashable, Sendable {
    public let table: String
    /// The entry's own numbers, by which a result is known to be what was asked for.
    let generation: Int64
    let checkNumber: Int
}

/// What a table's rows added up to in one state of the database.
public struct ContentResult: Sendable {
    let work: ContentWork
    /// The sum that the database itself had in that state.
    let kept: ContentSum
    /// What the rows add up to.
    let found: ContentSum
    /// What was applied in that state.
    let index: LogIndex
}
