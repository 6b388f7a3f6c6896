/// What went wrong in a database or on the way to it, told in the same words for every engine.
public struct DatabaseError: Error, Sendable {
    /// The kind of failure. More may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private let name: String

        private init(_ name: String) { self.name = name }

        public var description: String { name }

        // Constraints.

        /// NULL where none may be: SQLSTATE 23502.
        public static let notNullViolation = Code("notNullViolation")
        /// A row refers to one that is not there, or is referred to and was to go: SQLSTATE 23503.
        public static let foreignKeyViolation = Code("foreignKeyViolation")
        /// There is a row with this key already: SQLSTATE 23505.
        public static let uniqueViolation = Code("uniqueViolation")
        /// A value that a CHECK refuses: SQLSTATE 23514.
        public static let checkViolation = Code("checkViolation")
        /// Another constraint, SQLSTATE class 23.
        public static let constraintViolation = Code("constraintViolation")

        // Statements.

        /// The statement cannot be understood, or names what does not exist: SQLSTATE class 42.
        public static let invalidStatement = Code("invalidStatement")
        /// A value does not fit its type: SQLSTATE class 22, or a column that is not what the program reads it as.
        public static let invalidValue = Code("invalidValue")
        /// A query gave more rows than the program takes: SQLSTATE 21000.
        public static let cardinalityViolation = Code("cardinalityViolation")
        /// A write in a read-only transaction: SQLSTATE 25006.
        public static let readOnlyTransaction = Code("readOnlyTransaction")
        /// A statement before this one failed, and the transaction takes nothing but its end: SQLSTATE 25P02.
        public static let transactionAborted = Code("transactionAborted")

        // Other transactions.

        /// Another transaction was faster; running the whole transaction again may succeed: SQLSTATE 40001.
        public static let serializationFailure = Code("serializationFailure")
        /// Transactions wait for each other, and this one was ended; running it again may succeed: SQLSTATE 40P01.
        public static let deadlock = Code("deadlock")
        /// A lock was not to be had in time: SQLSTATE 55P03.
        public static let lockTimeout = Code("lockTimeout")

        // Time.

        /// The transaction's deadline has passed, or a statement's: SQLSTATE 57014; 08006 where the server did not end the
        /// statement in time, and the connection was closed.
        public static let timeout = Code("timeout")

        // Connections and servers.

        /// No connection could be made, or it broke: SQLSTATE class 08; 57P01 where the server has ended it. Nothing is kept:
        /// what was running was in a transaction, only read, or was not sent (08003).
        public static let connectionLost = Code("connectionLost")
        /// The server cannot take a new connection or the work now: SQLSTATE class 53, 57P01 to 57P03.
        public static let serverUnavailable = Code("serverUnavailable")
        /// User name or password are wrong: SQLSTATE class 28.
        public static let accessDenied = Code("accessDenied")
        /// No connection of the pool became free in time.
        public static let poolExhausted = Code("poolExhausted")
        /// A setting is not what it may be.
        public static let invalidConfiguration = Code("invalidConfiguration")
        /// Each holder of a connection of the pool waits for another one of it.
        public static let poolDeadlock = Code("poolDeadlock")
        /// The pool or the database has been shut down.
        public static let closed = Code("closed")
        /// No server can take the transaction: no replica may be used, and the primary is forbidden or was not found.
        public static let noServer = Code("noServer")

        // Transactions.

        /// A transaction that was to be committed has been rolled back, because a call that joined it had failed.
        public static let unexpectedRollback = Code("unexpectedRollback")
        /// There is no transaction where one must be, or there is one where none may be.
        public static let illegalTransactionState = Code("illegalTransactionState")
        /// The transaction has ended; a task that outlives it cannot use it any more.
        public static let transactionEnded = Code("transactionEnded")
        /// The answer to COMMIT was lost, or to a statement that writes without a transaction: whether it was done is not
        /// known.
        public static let outcomeUnknown = Code("outcomeUnknown")
        /// The transaction has been committed, and a hook that ran after it failed.
        public static let hookFailedAfterCommit = Code("hookFailedAfterCommit")

        /// Anything else; the SQLSTATE tells.
        public static let other = Code("other")
    }

    /// The kind of failure, the same on every engine.
    public var code: Code
    /// What went wrong and what to do. Never the values of parameters.
    public var message: String
    /// The engine's SQLSTATE, or the one that PostgreSQL has for this failure.
    public var sqlState: String?
    /// The server it happened on.
    public var server: String?
    /// The transaction that was current, such as `BookService.rename(to:)`.
    public var transaction: String?
    /// The statement without the values of its parameters.
    public var statement: String?
    /// The table concerned, where the engine tells.
    public var table: String?
    /// The column concerned, where the engine tells.
    public var column: String?
    /// The constraint that was violated, where the engine tells.
    public var constraint: String?
    /// Where in the statement the engine saw the failure: the number of the character, from 1, in the text that was
    /// sent to it.
    public var statementOffset: Int?
    /// Where to ask for the outcome of a commit that is unknown.
    public var position: CommitPosition?
    /// The failure underneath.
    public var cause: (any Error)?

    /// A failure without a place: server, transaction and statement are added by the layer where it passes.
    public init(_ code: Code, _ message: String, sqlState: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.cause = cause
    }
}

extension DatabaseError {
    /// Whether running the whole transaction again may succeed, with nothing of this run having been kept.
    ///
    /// False for ``Code/outcomeUnknown``: the run may have been kept.
    public var isRetriable: Bool {
        switch code {
        case .serializationFailure, .deadlock, .lockTimeout, .connectionLost, .serverUnavailable, .poolExhausted,
            .noServer:
            true
        default: false
        }
    }

    /// The SQLSTATE of `connectionLost` where the statement has surely not reached the server ("connection does not
    /// exist"). A data source tells it, so that a write without a transaction is not in doubt.
    public static let notSent = "08003"

    /// The SQLSTATE of `timeout` where the statement was not begun, or the server has answered that it ended it: nothing of it
    /// was done. A data source tells another one (08006) where it has given up waiting for that answer, so that a write
    /// without a transaction is in doubt only then.
    public static let statementEnded = "57014"

    /// Whether the connection it happened on cannot be used any more.
    public var isConnectionFailure: Bool { code == .connectionLost || code == .outcomeUnknown }
}

extension DatabaseError: CustomStringConvertible {
    public var description: String {
        var text = message
        if let sqlState { text += " (\(sqlState))" }
        if let transaction { text += " in transaction \(transaction)" }
        if let server { text += " on \(server)" }
        if let statement { text += ": \(statement)" }
        return text
    }
}
