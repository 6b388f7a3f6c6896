import NIOConcurrencyHelpers
import TandemTransactions

/// What one request did in the database: each statement, its transaction, its server, and why it was that one.
final class Journal: Sendable {
    @TaskLocal static var current: Journal?

    private let kept = NIOLockedValueBox<[String]>([])

    var lines: [String] { kept.withLockedValue { $0 } }

    /// Notes a statement of the current transaction.
    static func note(_ statement: String) {
        guard let journal = current, let transaction = Transaction.current else { return }
        let place = transaction.server ?? "no server"
        let reason = transaction.routing?.description ?? "it did not come so far"
        let line = "\(statement) in \(transaction.name ?? "a transaction") on \(place): \(reason)"
        journal.kept.withLockedValue { $0.append(line) }
    }
}
