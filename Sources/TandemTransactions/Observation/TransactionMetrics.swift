import Metrics

/// What transactions tell the program's metrics system, with the primary's name as the dimension `database`.
final class TransactionMetrics: Sendable {
    private struct Durations: Sendable {
        let committed, rolledBack, unknown: Timer

        init(_ dimensions: [(String, String)]) {
            func timer(_ outcome: TransactionOutcome) -> Timer {
                Timer(label: "tandem.transaction.duration", dimensions: dimensions + [("outcome", outcome.label)])
            }
            committed = timer(.committed)
            rolledBack = timer(.rolledBack)
            unknown = timer(.unknown)
        }

        subscript(outcome: TransactionOutcome) -> Timer {
            switch outcome {
            case .committed: committed
            case .rolledBack: rolledBack
            case .unknown: unknown
            }
        }
    }

    private let readOnly, readWrite: Durations
    private let retries: Counter

    /// nil in a program without a metrics system when the database is made: then no clock is read either.
    init?(database: String) {
        guard !(MetricsSystem.factory is NOOPMetricsHandler) else { return nil }
        let dimensions = [("database", database)]
        readOnly = Durations(dimensions + [("read_only", "true")])
        readWrite = Durations(dimensions + [("read_only", "false")])
        retries = Counter(label: "tandem.transaction.retries", dimensions: dimensions)
    }

    func ended(_ outcome: TransactionOutcome, isReadOnly: Bool, after duration: Duration) {
        (isReadOnly ? readOnly : readWrite)[outcome].recordNanoseconds(duration.inNanoseconds)
    }

    /// Its body is run again.
    func retried() { retries.increment() }
}
