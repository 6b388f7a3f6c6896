import CPQ
import Glibc
import TandemThreads
import TandemTransactions

/// What libpq and the server call a failure, in the words of ``DatabaseError``.
enum PostgresFailure {
    // MARK: Of the server

    /// An error that the server answered a statement with.
    ///
    /// - Parameter hasParameters: whether the text may quote a parameter's value, which is not shown then.
    static func error(_ result: ServerResult, hasParameters: Bool) -> DatabaseError {
        let state = result.field(UInt8(ascii: "C")) ?? ""
        let primary =
            result.field(UInt8(ascii: "M")) ?? String(cString: PQresultErrorMessage(result.pointer)).firstLine
        var message = hasParameters && state.hasPrefix("22") ? primary.withoutQuotation : primary
        if let hint = result.field(UInt8(ascii: "H")) { message += "; \(hint)" }
        var error = DatabaseError(
            state.isEmpty ? .connectionLost : DatabaseError.Code(sqlState: state), message,
            sqlState: state.isEmpty ? nil : state)
        error.table = result.field(UInt8(ascii: "t"))
        error.column = result.field(UInt8(ascii: "c"))
        error.constraint = result.field(UInt8(ascii: "n"))
        error.statementOffset = result.field(UInt8(ascii: "P")).flatMap { Int($0) }
        // Tandem's way to say which commit is in doubt.
        let detail = result.field(UInt8(ascii: "D")) ?? ""
        if error.code == .outcomeUnknown, let place = detail.range(of: "position is ")?.upperBound {
            error.position = CommitPosition(.tandem, String(detail[place...]))
        }
        return error
    }

    /// The server has committed, and nobody else has it.
    static let committedAlone = DatabaseError(
        .outcomeUnknown,
        "the wait for a synchronous standby was cancelled, and the server has committed without it: what was written is lost "
            + "if the server is; look for it before running it again", sqlState: "40003")

    // MARK: Of the connection

    static func connectionLost(_ message: String) -> DatabaseError {
        DatabaseError(.connectionLost, message, sqlState: "08006")
    }

    /// The connection had ended before the statement could be sent.
    static func notSent(_ reason: String) -> DatabaseError {
        DatabaseError(
            .connectionLost, "the statement was not sent: \(reason)", sqlState: DatabaseError.notSent)
    }

    /// The connection broke; `result` has the server's last words, if it had any.
    static func lost(_ result: ServerResult?, _ message: String) -> DatabaseError {
        if let result, let state = result.field(UInt8(ascii: "C")) {
            let words = result.field(UInt8(ascii: "M")) ?? message.firstLine
            let code = DatabaseError.Code(sqlState: state)
            // Whyever it has ended one that was there: it is lost.
            return DatabaseError(
                code == .serverUnavailable ? .connectionLost : code, "the server ended the connection: \(words)",
                sqlState: state)
        }
        let reason = message.firstLine
        return connectionLost("the connection was lost" + (reason.isEmpty ? "" : ": \(reason)"))
    }

    /// A statement was to be cancelled, and nothing was heard of it any more.
    static func unanswered(_ reason: StatementWatch.Reason, in time: Duration) -> DatabaseError {
        let message =
            "the server did not end the statement within \(time) after it was cancelled; "
            + "the connection is closed, and whether the statement was done is not known"
        return switch reason {
        case .deadlinePassed: DatabaseError(.timeout, message, sqlState: "08006")
        case .taskCancelled: connectionLost(message)
        }
    }

    /// A connection was refused. The text is libpq's with verbosity `VERBOSE`: `… FATAL:  28P01: password …`.
    static func refusal(_ text: String) -> DatabaseError {
        let message = text.firstLine
        guard let match = message.firstMatch(of: /(?:FATAL|ERROR|PANIC): +([0-9A-Z]{5}): (.*)/) else {
            return connectionLost(message.isEmpty ? "it could not be reached" : message)
        }
        let state = String(match.1)
        return DatabaseError(DatabaseError.Code(sqlState: state), String(match.2), sqlState: state)
    }

    // MARK: Of this side

    static func noResources(_ what: String, _ number: Int32) -> DatabaseError {
        connectionLost("a connection needs \(what), and the system gives none: \(String(cString: strerror(number)))")
    }

    static func unsupported(_ message: String) -> DatabaseError {
        DatabaseError(.invalidStatement, message, sqlState: "0A000")
    }

    static func timeout(_ message: String) -> DatabaseError {
        DatabaseError(.timeout, message, sqlState: DatabaseError.statementEnded)
    }
}

extension String {
    /// libpq's messages have several lines, which explain.
    var firstLine: String { String(prefix { $0 != "\n" }) }
}
