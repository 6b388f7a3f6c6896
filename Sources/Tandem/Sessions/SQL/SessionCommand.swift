import PostgresWire
import TandemSQLite

/// What one statement asks of its session: most are SQLite's, some the session carries out itself.
enum SessionCommand: Sendable, Equatable {
    /// Nothing but space and comments.
    case empty
    case begin(TransactionModes)
    /// `chains`: another block, of the same modes, follows at once.
    case commit(chains: Bool = false)
    case rollback(chains: Bool = false)
    case savepoint(String)
    case rollbackTo(String)
    case release(String)
    case setTransaction(TransactionModes)
    /// SET of a setting; `isLocal` until the end of the block alone.
    case set(name: String, value: String?, isLocal: Bool = false)
    /// SET SESSION CHARACTERISTICS: what later blocks begin with.
    case setCharacteristics(TransactionModes)
    case show(String)
    case reset(String?)
    case discardAll
    /// DISCARD SEQUENCES: `currval` and `lastval` are as in a new session.
    case discardSequences
    /// DISCARD of what there is not, by its name: PLANS, TEMP.
    case discardNothing(String)
    /// PREPARE or EXECUTE.
    case prepared(PreparedCommand)
    /// DEALLOCATE of one prepared statement, or of all.
    case deallocate(String?)
    /// ALTER SYSTEM: what an operator asks of the whole group.
    case alterSystem(GroupChange)
    /// DECLARE, FETCH or MOVE of a cursor.
    case cursor(CursorStatement)
    /// CLOSE of one cursor, or of all.
    case close(String?)
    /// UNLISTEN: nobody listens, because there is no NOTIFY.
    case unlisten
    /// COMMENT ON, which is not kept: SQLite's schema has no place for it.
    case comment
    /// LOCK TABLE in a mode that keeps nobody from anything.
    case lockNothing
    /// CREATE ROLE and its like.
    case users(UserChange)
    /// A statement of SQLite's that changes nothing.
    case read
    /// A statement of SQLite's that may change rows or the schema. `tag` begins its command tag.
    case write(tag: String)

    /// COPY, from the client or to it.
    case copy(CopyStatement)

    /// What BEGIN and SET TRANSACTION can say.
    struct TransactionModes: Sendable, Equatable {
        var isReadOnly: Bool?
        /// Whether the transaction must see one state throughout: repeatable read and serializable.
        var isSnapshot: Bool?
        /// The isolation level's name.
        var isolation: String?
        var isDeferrable: Bool?
    }

    /// Whether the session carries it out without SQLite.
    var isLocal: Bool {
        switch self {
        case .read, .write, .copy: false
        case .cursor(.declare): false
        case .prepared(.execute): false
        default: true
        }
    }

    var isCopy: Bool {
        if case .copy = self { return true }
        return false
    }

    /// Whether it may change rows or the schema.
    var isWrite: Bool { writeTag != nil }

    /// What a statement that may change something is called; nil for all others.
    var writeTag: String? {
        switch self {
        case .write(let tag): tag
        case .copy(let copy): copy.writeTag
        default: nil
        }
    }
}
