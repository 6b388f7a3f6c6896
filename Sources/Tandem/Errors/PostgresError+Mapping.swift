import CTandemSQLite
import GRDB
import PostgresWire
import TandemLog
import TandemReplication
import TandemSQLite

extension PostgresError {
    /// What a client is told of a failure underneath.
    ///
    /// - Parameter statement: the statement that failed, for the place in its text.
    init(mapping error: any Error, in statement: SessionStatement? = nil) {
        switch error {
        case let error as PostgresError: self = error
        case let error as SQLiteError: self.init(error, in: statement)
        case let error as DatabaseThreadError: self.init(error)
        case let error as DatabaseError:
            self.init(
                code: SQLState(resultCode: error.extendedResultCode.rawValue), message: error.message ?? "\(error)")
        case let error as LogError: self.init(error)
        case let error as TandemError:
            switch error.cause {
            case let cause as DatabaseThreadError: self.init(cause)
            case let cause as LogError: self.init(cause)
            default: self.init(code: SQLState(error.code), message: error.message)
            }
        default: self.init(code: .internalError, message: String(describing: error))
        }
    }

    private init(_ error: SQLiteError, in statement: SessionStatement?) {
        switch error.code {
        case .engine where error.message == "no such function: ANY" || error.message == "no such function: ALL":
            self.init(
                code: .featureNotSupported, message: "ANY and ALL of an array are not supported: SQLite has no arrays",
                hint: "Pass the list as JSON text: … WHERE id IN (SELECT value FROM json_each($1)).")
        case .engine: self.init(code: SQLState(error), message: Self.message(of: error))
        case .refused, .unsupported: self.init(code: .featureNotSupported, message: error.message)
        case .forbidden: self.init(code: .insufficientPrivilege, message: error.message)
        case .foreignKey:
            self.init(
                code: .foreignKeyViolation, message: error.message,
                detail: "A deferred foreign key was still violated at the end of the transaction.")
        case .groupLost where error.primaryResultCode == SQLITE_INTERRUPT:
            self.init(code: .queryCanceled, message: "canceling statement due to user request")
        // OR ROLLBACK, or a trigger's RAISE(ROLLBACK). Told to who shared the group with nobody (H4), and true each time.
        case .groupLost where error.primaryResultCode == SQLITE_CONSTRAINT:
            self.init(code: SQLState(error), message: error.statementMessage)
        case .groupLost:
            self.init(
                code: error.isOfTheSystem ? SQLState(error) : .serializationFailure,
                message: error.isOfTheSystem ? error.statementMessage : error.message,
                hint: "Nothing of the transaction has happened; run it again.")
        case .cancelled: self.init(code: .queryCanceled, message: "canceling statement due to user request")
        case .noReader: self.init(code: .tooManyConnections, message: error.message)
        case .contentDiffers, .diverged: self.init(code: .dataCorrupted, message: error.message)
        default: self.init(code: .internalError, message: error.message)
        }
        table = error.table
        column = error.column
        constraint = error.constraint
        if let offset = error.offset, let statement { position = statement.position(ofByte: offset) }
        if error.message == Self.incomplete, let statement { position = statement.end }
    }

    /// What SQLite says of a statement that ends too early; it tells no place then.
    private static let incomplete = "incomplete input"

    /// SQLite's message in the words PostgreSQL's users look for.
    static func message(of error: SQLiteError) -> String {
        let message = error.message
        if message.hasPrefix("near \""), let end = message.firstRange(of: "\": syntax error") {
            return "syntax error at or near \(message.dropFirst("near ".count)[..<end.lowerBound])\""
        }
        if message == incomplete { return "syntax error at end of input" }
        return message
    }

    private init(_ error: DatabaseThreadError) {
        let message = String(describing: error)
        switch error {
        case .stopping: self.init(code: .adminShutdown, message: message)
        case .tooManyWaiting: self.init(code: .configurationLimitExceeded, message: message)
        case .writerBusy:
            self.init(
                code: .lockNotAvailable, message: "canceling statement due to lock timeout", detail: message)
        case .acknowledgementsMissing:
            self.init(
                code: .lockNotAvailable, message: message,
                hint: "Nothing of the transaction has happened. SHOW tandem.status says which replicas are waited for.")
        case .notReady:
            self.init(
                code: .lockNotAvailable, message: "canceling statement due to lock timeout", detail: message,
                hint: "SHOW tandem.status says what the primary waits for.")
        case .noLongerPrimary:
            self.init(
                code: .readOnlySQLTransaction, message: message,
                hint: "Nothing of the transaction has happened; run it again on the new primary.")
        case .groupLost, .rejected, .waitBrokenOff:
            self.init(
                code: .serializationFailure, message: message,
                hint: "Nothing of the transaction has happened; run it again.")
        }
    }

    private init(_ error: LogError) {
        switch error.code {
        case .recordTooLarge: self.init(code: .programLimitExceeded, message: error.message)
        case .diskFull: self.init(code: .diskFull, message: error.message)
        default: self.init(code: .ioError, message: error.description)
        }
    }

    /// A commit whose wait for acknowledgements was broken off.
    static func inDoubt(_ position: Position, _ reason: DoubtReason) -> PostgresError {
        let why =
            switch reason {
            case .timedOut(.zero): "its acknowledgements are missing, and the wait for them was cancelled"
            case .timedOut(let duration):
                "its acknowledgements are missing, and the commit timeout of \(duration) ran out"
            case .reignEnded(let reason): reason
            }
        return PostgresError(
            code: .statementCompletionUnknown,
            message: "the commit is in doubt: \(why)",
            detail: "The transaction's position is \(position)",
            hint: "SELECT tandem_outcome('\(position)') on any node tells later whether it was committed.")
    }
}
