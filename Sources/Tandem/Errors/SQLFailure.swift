import PostgresWire
import TandemLog

/// A failure as clients over the wire are told of it: an SQLSTATE with what belongs to it.
///
/// ``Node`` and ``NodeConnection`` throw the errors of the layers underneath (``TandemError``, `SQLiteError`, GRDB's
/// `DatabaseError`, `LogError`); this puts all of them into the same words.
public struct SQLFailure: Error, Sendable, Hashable {
    /// The SQLSTATE (docs/SQL.md lists those that are used).
    public var sqlState: String
    /// What went wrong.
    public var message: String
    /// More about the problem.
    public var detail: String?
    /// What to do about it.
    public var hint: String?
    /// The table concerned, where SQLite names it.
    public var table: String?
    /// The column concerned, where SQLite names it.
    public var column: String?
    /// The constraint that was violated, where SQLite names it.
    public var constraint: String?
    /// Where to ask for the outcome of a commit that is in doubt.
    public var position: Position?

    /// What `error` means.
    public init(_ error: any Error) {
        let told = PostgresError(mapping: error)
        sqlState = told.code.rawValue
        message = told.message
        detail = told.detail
        hint = told.hint
        table = told.table
        column = told.column
        constraint = told.constraint
        position = (error as? TandemError)?.position
    }
}
