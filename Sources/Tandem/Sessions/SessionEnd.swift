import NIOConcurrencyHelpers
import PostgresWire
import TandemSQLite

/// The end of a session while its transaction is on the writer: what runs is stopped, and nothing more of it is run.
///
/// Unlike a cancel, which means the statement at hand, it holds whatever runs when it comes: also between two statements.
/// It undoes nothing that has been run to its end and is on its way into the log.
final class SessionEnd: Sendable {
    /// Stops the statements.
    let limit = StatementLimit()
    private let given = NIOLockedValueBox<PostgresError?>(nil)

    /// Why the session ends; nil as long as it does not.
    var reason: PostgresError? { given.withLockedValue { $0 } }

    /// Whether it does.
    var hasCome: Bool { given.withLockedValue { $0 != nil } }

    /// The session ends. The first reason counts.
    func come(_ reason: PostgresError) {
        given.withLockedValue { given in
            if given == nil { given = reason.asFatal }
        }
        limit.cancel()
    }
}
