/// What an SQL statement is, as far as replication and sessions have to know before or while it runs.
public enum StatementKind: Hashable, Sendable {
    /// Nothing but white space and comments.
    case empty
    /// SELECT, VALUES, and WITH before them.
    case select
    /// INSERT and REPLACE.
    case insert
    case update
    case delete
    /// CREATE TABLE name (…).
    case createTable(SQLName)
    /// CREATE TABLE name AS SELECT …
    case createTableAsSelect(SQLName)
    case createVirtualTable(SQLName, module: String)
    case createIndex(SQLName)
    case createView(SQLName)
    case createTrigger(SQLName)
    /// CREATE TEMP …
    case createTemporary
    case dropTable(SQLName)
    /// DROP INDEX, VIEW or TRIGGER.
    case drop(SQLName)
    case alterTable(SQLName)
    case reindex
    case analyze
    case pragma(PragmaStatement)
    /// BEGIN and START TRANSACTION, with whatever follows.
    case begin
    /// COMMIT and END.
    case commit
    /// ROLLBACK and ABORT.
    case rollback
    case savepoint(String)
    case release(String)
    case rollbackTo(String)
    case attach
    case detach
    /// VACUUM and VACUUM INTO.
    case vacuum
    /// EXPLAIN and EXPLAIN QUERY PLAN: what follows is not run.
    case explain
    /// EXPLAIN of a PRAGMA that has an argument: SQLite carries many of them out while it compiles them.
    case explainPragma
    /// Something that SQLite does not know either.
    case other

    /// Whether the statement changes the schema and is logged as its text.
    public var changesSchema: Bool {
        switch self {
        case .createTable, .createTableAsSelect, .createVirtualTable, .createIndex, .createView, .createTrigger,
            .dropTable, .drop, .alterTable:
            true
        case .empty, .select, .insert, .update, .delete, .createTemporary, .reindex, .analyze, .pragma, .begin, .commit,
            .rollback, .savepoint, .release, .rollbackTo, .attach, .detach, .vacuum, .explain,
            .explainPragma, .other:
            false
        }
    }

    /// Whether the statement begins or ends transactions or savepoints.
    public var controlsTransaction: Bool {
        switch self {
        case .begin, .commit, .rollback, .savepoint, .release, .rollbackTo: true
        case .empty, .select, .insert, .update, .delete, .createTable, .createTableAsSelect, .createVirtualTable,
            .createIndex, .createView, .createTrigger, .createTemporary, .dropTable, .drop, .alterTable, .reindex,
            .analyze, .pragma, .attach, .detach, .vacuum, .explain, .explainPragma, .other:
            false
        }
    }
}

/// A name in SQL, without quotes.
public struct SQLName: Hashable, Sendable {
    /// The schema it was qualified with, such as `main`.
    public var schema: String?
    public var name: String

    public init(schema: String? = nil, _ name: String) {
        self.schema = schema
        self.name = name
    }
}

/// A PRAGMA statement.
public struct PragmaStatement: Hashable, Sendable {
    public var schema: String?
    /// In lower case.
    public var name: String
    /// What stands behind `=` or in parentheses, as written.
    public var argument: String?

    public init(schema: String? = nil, name: String, argument: String? = nil) {
        self.schema = schema
        self.name = name
        self.argument = argument
    }
}

extension StatementKind {
    /// Whether the log carries the statement itself, not the rows it changes; or a PRAGMA, which may be one.
    var isLoggedAsText: Bool {
        switch self {
        case .reindex, .analyze, .pragma: true
        default: changesSchema
        }
    }

    /// Whether a change of the schema may be taken back with it.
    var mayChangeSchemaBack: Bool {
        switch self {
        case .rollback, .rollbackTo: true
        default: false
        }
    }
}
