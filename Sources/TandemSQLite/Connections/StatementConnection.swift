import CTandemSQLite

/// What sessions need of a connection, be it the writer's or a reader's: statements that arrived as text, the values
/// that belong to a client, and a way to stop what runs. Used by one thread at a time.
public protocol StatementConnection: AnyObject {
    /// Prepares one statement of a text that may hold several.
    ///
    /// - Parameters:
    ///   - text: SQL in UTF-8.
    ///   - offset: where the statement begins, in bytes.
    /// - Returns: the statement, nil if nothing but white space and comments was left; and where the next one begins.
    /// - Throws: ``SQLiteError``: SQLite's, with the byte offset in `text` where SQLite gives one; `refused`.
    func prepare(
        _ text: UnsafeBufferPointer<UInt8>, from offset: Int
    ) throws(SQLiteError) -> (statement: PreparedStatement?, next: Int)

    /// The one statement in `sql`, from the connection's cache if it is there. Give it back with
    /// ``giveBack(_:)``; until then nobody else gets it.
    ///
    /// - Returns: nil if there is nothing but white space and comments.
    /// - Throws: as ``prepare(_:from:)``; also if there is more than one statement.
    func cachedStatement(_ sql: String) throws(SQLiteError) -> PreparedStatement?

    /// Resets a statement from ``cachedStatement(_:)``, forgets its bindings and lets others have it.
    func giveBack(_ statement: PreparedStatement)

    /// A session uses the connection from now on; SQL functions answer with its values.
    func beginSession(_ values: SessionValues)

    /// The values of the session as they are now.
    var sessionValues: SessionValues { get }

    /// The session is done with the connection.
    ///
    /// - Returns: its values, to be set again at its next use of whatever connection.
    func endSession() -> SessionValues

    /// Sets what the SQL function `tandem_session(name)` answers from now on, until it is set to nil.
    ///
    /// What the closure throws becomes the error of the statement that asks, with code `SQLITE_ERROR`.
    func answer(with facts: ((String) throws(SQLiteError) -> String?)?)

    /// A number that changes when the connection sees another state of the database than before.
    var dataVersion: UInt32 { get }

    /// Whether it may see a change of the schema that can still be rolled back: SQLite's number of the schema is given to
    /// another one then.
    var hasChangedSchema: Bool { get }

    /// Stops the running statement from another thread.
    var interrupter: Interrupter { get }

    /// Runs `body`; its statements are stopped once `limit` says so, and fail with ``SQLiteError/Code/cancelled`` (those
    /// of GRDB with `SQLITE_INTERRUPT`). One that writes takes its whole group with it, as ``Interrupter/cancel()`` does.
    ///
    /// - Throws: what `body` throws; `cancelled` without having run it, if `limit` has said so before.
    func limited<Result>(by limit: StatementLimit, _ body: () throws -> Result) throws -> Result
}

/// What the writer and the readers have in common.
protocol ConnectionOwner: StatementConnection {
    var connection: Connection { get }
}

extension ConnectionOwner {
    public func prepare(
        _ text: UnsafeBufferPointer<UInt8>, from offset: Int
    ) throws(SQLiteError) -> (statement: PreparedStatement?, next: Int) {
        try connection.prepare(text, from: offset)
    }

    public func cachedStatement(_ sql: String) throws(SQLiteError) -> PreparedStatement? {
        try connection.cachedStatement(sql)
    }

    public func giveBack(_ statement: PreparedStatement) { connection.giveBack(statement) }
    public func beginSession(_ values: SessionValues) { connection.functions.begin(values) }
    public var sessionValues: SessionValues { connection.functions.current }
    public func endSession() -> SessionValues { connection.functions.end() }
    public func answer(with facts: ((String) throws(SQLiteError) -> String?)?) { connection.functions.facts = facts }
    public var interrupter: Interrupter { connection.interrupter }

    public var dataVersion: UInt32 {
        var version: UInt32 = 0
        // It fails for databases only that do not exist.
        _ = sqlite3_file_control(connection.handle, "main", SQLITE_FCNTL_DATA_VERSION, &version)
        return version
    }

    /// Readers see what is committed.
    public var hasChangedSchema: Bool { false }

    public func limited<Result>(by limit: StatementLimit, _ body: () throws -> Result) throws -> Result {
        try connection.limited(by: limit, body)
    }
}
