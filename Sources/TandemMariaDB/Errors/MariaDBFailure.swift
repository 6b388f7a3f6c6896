import CMariaDB
import TandemThreads
import TandemTransactions

/// What the library and the server call a failure, in the words of ``DatabaseError``.
enum MariaDBFailure {
    /// What is said of a failure.
    struct Report: Sendable, Hashable {
        var number: UInt32
        var state: String
        var message: String

        /// Errors of the library itself, not of the server.
        var isOfLibrary: Bool { (2000..<3000).contains(number) }

        /// Whether the connection is of no use any more.
        var endsConnection: Bool {
            switch Int32(bitPattern: number) {
            case CR_NEW_STMT_METADATA: false
            case ER_CONNECTION_KILLED, ER_SERVER_SHUTDOWN, ER_NORMAL_SHUTDOWN, ER_NET_PACKET_TOO_LARGE: true
            default: isOfLibrary
            }
        }

        /// Whether the server takes no writes, whatever the transaction is.
        var isOfReadOnlyServer: Bool {
            number == UInt32(ER_OPTION_PREVENTS_STATEMENT) && message.contains("read-only")
        }

        /// Whether the server has rolled back the whole transaction with it.
        func endsTransaction(lockTimeoutDoes: Bool) -> Bool {
            switch Int32(bitPattern: number) {
            case ER_LOCK_DEADLOCK, ER_XA_RBDEADLOCK: true
            case ER_LOCK_WAIT_TIMEOUT: lockTimeoutDoes
            default: false
            }
        }
    }

    // MARK: Of the server

    static func error(_ report: Report) -> DatabaseError {
        let state = sqlState(report)
        let code = code(report, state)
        var message = ErrorPlace.withoutValues(report)
        if report.number == UInt32(ER_MAX_PREPARED_STMT_COUNT_REACHED) {
            message += ": raise max_prepared_stmt_count, or lower the data source's statementCacheSize"
        }
        var error = DatabaseError(code, "\(message) (MariaDB error \(report.number))", sqlState: state)
        let place = ErrorPlace(report)
        error.table = place.table
        error.column = place.column
        error.constraint = place.constraint
        return error
    }

    private static func code(_ report: Report, _ state: String) -> DatabaseError.Code {
        switch Int32(bitPattern: report.number) {
        case ER_CONNECTION_KILLED, ER_SERVER_SHUTDOWN, ER_NORMAL_SHUTDOWN: .connectionLost
        case ER_NET_PACKET_TOO_LARGE: .invalidValue
        default: report.isOfLibrary ? .connectionLost : DatabaseError.Code(sqlState: state)
        }
    }

    /// A connection was refused, or none could be made.
    static func refusal(_ report: Report) -> DatabaseError {
        var error = error(report)
        if report.isOfLibrary { error.sqlState = "08001" }
        // There was no connection that could be lost.
        if error.sqlState == "57P01" { error.code = .serverUnavailable }
        return error
    }

    /// The connection was to be encrypted.
    static let noTLS = DatabaseError(
        .connectionLost, "the server has no TLS, which the connection string asks for by sslMode or an authority",
        sqlState: "08001")

    // MARK: Of the connection

    static func connectionLost(_ message: String) -> DatabaseError {
        DatabaseError(.connectionLost, message, sqlState: "08006")
    }

    /// The answer to COMMIT was lost.
    static func outcomeUnknown(_ cause: DatabaseError) -> DatabaseError {
        DatabaseError(
            .outcomeUnknown,
            "the answer to COMMIT was lost (\(cause.message)): whether the transaction was committed is not known; look "
                + "for what it wrote before running it again", sqlState: "08007", cause: cause)
    }

    /// The connection was given up because of a deadline or a cancelled task.
    ///
    /// - Parameter couldKill: false where the server could not be told to end the statement; nil where there was none.
    static func abandoned(_ reason: StatementWatch.Reason?, couldKill: Bool?) -> any Error {
        let message =
            couldKill == nil
            ? "the server did not answer in time; the connection is closed"
            : "the statement could not be cancelled, because the server takes no second connection for KILL QUERY; the "
                + "connection is closed, and whether the statement was done is not known"
        switch reason {
        case .deadlinePassed where couldKill == nil: return connectionLost(message)
        case .deadlinePassed: return DatabaseError(.timeout, message, sqlState: "08006")
        case .taskCancelled where couldKill == nil: return CancellationError()
        case .taskCancelled, nil: return connectionLost(message)
        }
    }

    /// A statement was to be cancelled, and nothing was heard of it any more.
    static func unanswered(_ reason: StatementWatch.Reason, in time: Duration) -> DatabaseError {
        let message =
            "the server did not end the statement within \(time) after it was cancelled; the connection is "
            + "closed, and whether the statement was done is not known"
        return switch reason {
        case .deadlinePassed: DatabaseError(.timeout, message, sqlState: "08006")
        case .taskCancelled: connectionLost(message)
        }
    }

    static func timeout(_ message: String) -> DatabaseError {
        DatabaseError(.timeout, message, sqlState: DatabaseError.statementEnded)
    }
}
