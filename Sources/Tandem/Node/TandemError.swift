import TandemLog

/// What went wrong with a node, and what to do about it.
public struct TandemError: Error, Sendable {
    /// The kind of failure. More may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        let name: String

        /// The configuration cannot be used.
        public static let invalidConfiguration = Code(name: "invalidConfiguration")
        /// The data directory cannot be used: missing permission, locked by another node, not a directory.
        public static let dataDirectory = Code(name: "dataDirectory")
        /// The address cannot be listened on.
        public static let addressInUse = Code(name: "addressInUse")
        /// A file of the data directory is damaged.
        public static let damaged = Code(name: "damaged")
        /// This node is a replica; writes go to the primary.
        public static let readOnly = Code(name: "readOnly")
        /// The node does not take this work now: it starts, stops, waits for replicas or has failed.
        public static let unavailable = Code(name: "unavailable")
        /// The transaction did not get the writer in time.
        public static let lockTimeout = Code(name: "lockTimeout")
        /// The transaction was rolled back for a reason outside of it; running it again may succeed.
        public static let rolledBack = Code(name: "rolledBack")
        /// The commit is in doubt: its record is in the log, whether it stays there is not decided.
        public static let inDoubt = Code(name: "inDoubt")

        /// The transaction's or the statement's deadline has passed.
        public static let timeout = Code(name: "timeout")
        /// The transaction did nothing for too long while it held the writer, and was rolled back.
        public static let idleInTransaction = Code(name: "idleInTransaction")
        /// A call before this one failed: the transaction takes nothing but its end, or a rollback to a savepoint.
        public static let transactionAborted = Code(name: "transactionAborted")
        /// A transaction is open where none may be.
        public static let activeTransaction = Code(name: "activeTransaction")
        /// No transaction is open where one must be.
        public static let noTransaction = Code(name: "noTransaction")
        /// There is no savepoint of that name.
        public static let unknownSavepoint = Code(name: "unknownSavepoint")
        /// The connection is closed, or another call is using it.
        public static let connectionInUse = Code(name: "connectionInUse")

        public var description: String { name }
    }

    /// The kind of failure.
    public var code: Code
    /// What went wrong and what to do.
    public var message: String
    /// Where to ask for the outcome of a commit that is in doubt: ``Node/outcome(of:)``.
    public var position: Position?
    /// The failure underneath.
    public var cause: (any Error)?

    /// A failure.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension TandemError: CustomStringConvertible {
    public var description: String { cause.map { "\(message) (\($0))" } ?? message }
}
