import Foundation
import TandemLog
import TandemSQLite

/// Makes a plain SQLite database of a node's: without Tandem's own tables, and what they say of users.
public enum DatabaseExport {
    /// Exports the database of a node that is stopped, with everything that its log knows to be committed.
    ///
    /// - Parameters:
    ///   - path: the node's data directory.
    ///   - file: must not be there yet; it is removed if this fails.
    /// - Returns: the position of the last transaction in it.
    /// - Throws: ``TandemError``, `SQLiteError`, `LogError`.
    public static func run(directory path: String, to file: String) throws -> Position {
        guard FileManager.default.fileExists(atPath: path + "/node.state") else {
            throw TandemError(.dataDirectory, "\(path) is no data directory of a node")
        }
        let directory = try DataDirectory(path)
        defer { directory.release() }
        let copy = try DatabaseCopy(of: directory.database, to: file)
        while try !copy.step(pages: 4096) {}
        copy.finish()
        let position = try complete(file, from: directory.log, copy.applied.position)
        try makePlain(file)
        return position
    }

    /// Takes Tandem's own tables out of a copy of a node's database; it is durable when the call returns.
    ///
    /// - Throws: `SQLiteError`, `LogError`.
    public static func makePlain(_ file: String) throws {
        try DatabaseFile(file, .readWrite).removeOwnTables()
        try SystemFileSystem().open(file, .readWrite).synchronize()
    }

    /// What of a plain database does not work for programs without a node's functions and collations: one sentence for each
    /// table, index, view or trigger.
    ///
    /// - Throws: `SQLiteError`; GRDB's `DatabaseError`.
    public static func remarks(on file: String) throws -> [String] {
        try DatabaseFile(file, .read).needsElsewhere(.withoutNode)
    }

    /// Applies what is committed, and was not applied before the node ended.
    private static func complete(_ file: String, from log: String, _ position: Position) throws -> Position {
        guard let known = try LogSurvey(directory: log), known.commit > position.index else { return position }
        let reader = try LogReader(directory: log, from: position.index.next)
        let database = try RestoredDatabase(file, tables: reader.tables)
        do {
            while let batch = try reader.next(through: known.commit) {
                try database.apply(batch, through: known.commit, history: known.history)
            }
            let epoch = known.history.epoch(at: known.commit) ?? position.epoch
            let end = Position(epoch: epoch, index: known.commit)
            try database.finish(at: end)
            return end
        } catch {
            database.giveUp()
            throw error
        }
    }
}
