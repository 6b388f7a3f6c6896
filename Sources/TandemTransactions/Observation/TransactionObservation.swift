import Tracing

/// What a transaction tells of itself: a span, and its duration as a metric. There is none in a program that has a
/// backend for neither.
final class TransactionObservation: Sendable {
    let span: (any Span)?
    private let metrics: TransactionMetrics?
    private let startedAt: Moment

    init?(_ options: ScopeOptions, of database: Database, isTransactional: Bool) {
        let tracer = database.isTraced ? ActiveTracer.current : nil
        // A scope without a transaction is no transaction to be counted.
        metrics = isTransactional ? database.metrics : nil
        if tracer == nil, metrics == nil { return nil }
        startedAt = .now
        span = tracer.map { $0.startSpan(options.name ?? "transaction", ofKind: .internal) }
        span?.updateAttributes { attributes in
            attributes[SpanKeys.system] = database.engine.rawValue
            attributes[SpanKeys.readOnly] = options.isReadOnly
            attributes[SpanKeys.isTransactional] = isTransactional
            attributes[SpanKeys.place] = options.callSite.description
        }
    }

    /// It has found its server.
    func routed(_ route: Route) { span?.updateAttributes { $0.add(route) } }

    /// Its end, of which the caller may see an error or not.
    func ended(_ outcome: TransactionOutcome, isReadOnly: Bool) {
        span?.updateAttributes { $0[SpanKeys.outcome] = outcome.label }
        metrics?.ended(outcome, isReadOnly: isReadOnly, after: startedAt.duration(to: .now))
    }

    /// Runs the transaction with its span as the parent of all others within.
    func observe<Value>(
        isolated actor: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        guard let span else { return try await body() }
        defer { span.end() }
        do {
            return try await ServiceContext.$current.withValue(span.context) { try await body() }
        } catch {
            span.failed(error)
            throw error
        }
    }
}

extension TransactionOutcome {
    /// For dimensions and attributes.
    var label: String {
        switch self {
        case .committed: "committed"
        case .rolledBack: "rolled_back"
        case .unknown: "unknown"
        }
    }
}
