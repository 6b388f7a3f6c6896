import GRDB
import TandemSQLite

/// The SQL functions that every connection to a node's database knows, whoever opens it: an index, a generated column, a
/// view or a trigger may call them.
enum NodeFunctions {
    /// - Parameters:
    ///   - stop: whether the statement that calls one of them is to end.
    ///   - outcome: what became of the commit at a position, for `tandem_outcome`; nil if the text is no position.
    static func install(
        on database: Database, _ stop: StatementStop, outcome: @escaping @Sendable (String) throws -> String?
    ) {
        CatalogFunctions.install(on: database) { stop.isAsked }
        database.add(
            function: DatabaseFunction("tandem_outcome", argumentCount: 1) { values in
                guard let text = String.fromDatabaseValue(values[0]) else { return nil }
                guard let outcome = try outcome(text) else {
                    // SQLite has no code for a bad argument, and never uses this one: it becomes 22023.
                    throw DatabaseError(
                        resultCode: .SQLITE_FORMAT,
                        message: "tandem_outcome: '\(text)' is no position, such as 3@0b9c…:1042")
                }
                return outcome
            })
    }
}

extension ConnectionOptions {
    /// For the database of a node that does not run: one that is restored, imported or exported.
    static var withoutNode: ConnectionOptions {
        var options = ConnectionOptions()
        options.prepare = { database, stop in
            NodeFunctions.install(on: database, stop) { _ in
                throw DatabaseError(message: "tandem_outcome: no node runs with this database")
            }
        }
        return options
    }
}
