import CTandemSQLite
import Foundation
import TandemLog

/// A database's file that no node has open: a backup, or one that comes from elsewhere or goes there.
///
/// A connection of its own, past what belongs to a node. Used by one thread.
public final class DatabaseFile {
    public enum Mode: Sendable {
        /// The file and what is beside it stay as they are; others may have it open.
        case read
        /// Nobody writes the file or has written it without a checkpoint; nothing is made beside it.
        case immutable
        case readWrite
    }

    let handle: OpaquePointer
    /// What has opened the handle, if it knows more than SQLite's own functions.
    private let connection: Connection?

    /// - Throws: ``SQLiteError`` if it cannot be opened, or is no database.
    public init(_ path: String, _ mode: Mode) throws(SQLiteError) {
        SQLiteLibrary.configure()
        let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
        let uri = "file:\(escaped)" + (mode == .immutable ? "?immutable=1" : "")
        let flags = SQLITE_OPEN_URI | (mode == .readWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY)
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(uri, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            let error = opened.map { SQLiteError($0, resultCode: code) }
            sqlite3_close_v2(opened)
            throw error ?? SQLiteError(.engine, "There is no memory for a connection.")
        }
        handle = opened
        connection = nil
        sqlite3_busy_timeout(handle, 10_000)
        // Opening reads nothing; this does.
        _ = try ask("PRAGMA schema_version")
    }

    /// Opens a file to write to with the functions that its schema may call, as the connections of a node are.
    ///
    /// - Throws: GRDB's `DatabaseError`; ``SQLiteError`` if it cannot be opened, or is no database.
    public init(_ path: String, options: ConnectionOptions) throws {
        let connection = try Connection(path: path, readOnly: false, options: options) { _, _, _ in nil }
        self.connection = connection
        handle = connection.handle
        _ = try ask("PRAGMA schema_version")
    }

    deinit {
        guard let connection else {
            sqlite3_close_v2(handle)
            return
        }
        try? connection.close()  // What was written is committed, or was to be lost.
    }

    public func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw SQLiteError(handle, resultCode: code) }
    }

    /// The first value of the first row, as text; empty if there is none.
    public func ask(_ sql: String) throws(SQLiteError) -> String {
        let statement = try OwnStatement(handle, sql)
        return try statement.step() ? statement.text(0) : ""
    }

    /// The first column of all rows, as text.
    public func list(_ sql: String) throws(SQLiteError) -> [String] {
        let statement = try OwnStatement(handle, sql)
        var rows: [String] = []
        while try statement.step() { rows.append(statement.text(0)) }
        return rows
    }

    /// Whether the tables are there that Tandem keeps for itself.
    public func hasOwnTables() throws(SQLiteError) -> Bool { try !ownTables().isEmpty }

    /// The tables that are neither SQLite's own nor Tandem's.
    public func foreignTables() throws(SQLiteError) -> [String] {
        try list("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").filter {
            !$0.hasPrefix("sqlite_") && !StatementPolicy.isOwn($0)
        }
    }

    func ownTables() throws(SQLiteError) -> [String] {
        try list(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(lower(name), 1, 8) = '\(StatementPolicy.ownPrefix)'"
        )
    }

    /// The position up to which a node's database was applied.
    ///
    /// - Throws: ``SQLiteError`` if it is none of a node.
    public func appliedPosition() throws(SQLiteError) -> Position { try AppliedState(reading: handle).position }

    /// Copies the whole database, page by page, as it is at this moment; others may write meanwhile.
    ///
    /// - Parameter path: of the copy, which must not be there yet.
    public func copy(to path: String) throws(SQLiteError) {
        try execute("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1")
        defer { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
        var target: OpaquePointer?
        let code = sqlite3_open_v2(path, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil)
        defer { sqlite3_close_v2(target) }
        guard code == SQLITE_OK, let target else {
            throw target.map { SQLiteError($0, resultCode: code) } ?? SQLiteError(.engine, "There is no memory.")
        }
        // Nobody reads the copy before it is whole, and a broken one is removed.
        sqlite3_exec(target, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", nil, nil, nil)
        guard let backup = sqlite3_backup_init(target, "main", handle, "main") else {
            throw SQLiteError(target, resultCode: sqlite3_errcode(target))
        }
        var step = SQLITE_OK
        repeat { step = sqlite3_backup_step(backup, 4096) } while step == SQLITE_OK
        sqlite3_backup_finish(backup)
        guard step == SQLITE_DONE else { throw SQLiteError(target, resultCode: step) }
    }
}
