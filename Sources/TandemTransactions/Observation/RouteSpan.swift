import Tracing

/// The span of the search for a server, from the question to the connection: the wait for a place in the pool and for a
/// replica to catch up included.
final class RouteSpan: Sendable {
    private let span: any Span

    /// nil where nobody listens.
    init?(engine: Engine) {
        guard let tracer = ActiveTracer.current else { return nil }
        span = tracer.startSpan("route", ofKind: .internal)
        span.updateAttributes { $0[SpanKeys.system] = engine.rawValue }
    }

    func ended(_ route: Route) {
        span.updateAttributes { $0.add(route) }
        span.end()
    }

    func failed(_ error: any Error) {
        span.failed(error)
        span.end()
    }
}
