import Metrics

/// What routing tells the program's metrics system: how many transactions and statements without one went to each server,
/// and why.
///
/// All counters are made at the beginning, so that none is made on the way of a transaction, and each shows its zero.
final class RouteMetrics: Sendable {
    private struct Key: Hashable {
        let server: String
        let reason: String
    }

    private let routes: [Key: Counter]
    private let waits: [String: Timer]
    private let failures: Counter

    /// nil in a program without a metrics system when the database is made.
    init?(primary: String, replicas: [String]) {
        guard !(MetricsSystem.factory is NOOPMetricsHandler) else { return nil }
        let primaryKeys = RouteReason.labelsOfPrimary.map { Key(server: primary, reason: $0) }
        let replicaKeys = replicas.flatMap { replica in
            RouteReason.labelsOfReplica.map { Key(server: replica, reason: $0) }
        }
        let counters = (primaryKeys + replicaKeys).map { key in
            (key, Counter(label: "tandem.routes", dimensions: [("server", key.server), ("reason", key.reason)]))
        }
        routes = Dictionary(counters) { first, _ in first }
        let timers = replicas.map { ($0, Timer(label: "tandem.route.wait", dimensions: [("server", $0)])) }
        waits = Dictionary(timers) { first, _ in first }
        failures = Counter(label: "tandem.route.failures", dimensions: [("database", primary)])
    }

    func routed(_ route: Route) {
        routes[Key(server: route.source, reason: route.reason.label)]?.increment()
        if case .waited = route.reason { waits[route.source]?.recordNanoseconds(route.wait.inNanoseconds) }
    }

    /// No server could take it.
    func failed() { failures.increment() }
}

extension RouteReason {
    /// For dimensions and attributes: without what differs from one transaction to the next.
    var label: String {
        switch self {
        case .readWrite: "read_write"
        case .noReplicas: "no_replicas"
        case .leastBusy: "least_busy"
        case .waited: "waited"
        case .replicasFailed: "replicas_failed"
        case .replicasTooFarBehind: "replicas_too_far_behind"
        case .positionNotReached: "position_not_reached"
        }
    }

    fileprivate static let labelsOfPrimary = [
        "read_write", "no_replicas", "replicas_failed", "replicas_too_far_behind", "position_not_reached",
    ]
    fileprivate static let labelsOfReplica = ["least_busy", "waited"]
}
