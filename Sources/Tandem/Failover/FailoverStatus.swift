import TandemReplication

/// What a node knows of its group's lease.
enum FailoverStatus: Equatable, Sendable {
    /// The store has not been asked yet.
    case unknown
    /// This node holds the lease, at least until then.
    case own(until: Moment)
    /// The node at this address does.
    case other(String)
    /// Nobody does.
    case free
    /// The store has given no answer that helps, since then.
    case failed(String, since: Moment)

    /// The lease is … For people.
    func words(now: Moment) -> String {
        switch self {
        case .unknown: "not known yet"
        case .own(let end): "held here for \((end - now).secondsText) s more, if it is not extended"
        case .other(let address): "held by \(address)"
        case .free: "held by nobody"
        case .failed(let reason, let since): "out of reach for \((now - since).secondsText) s (\(reason))"
        }
    }

    /// What is known after `former`: a failure that goes on has lasted since it began, whatever its reason is by now.
    func following(_ former: FailoverStatus) -> FailoverStatus {
        guard case .failed(let reason, _) = self, case .failed(_, let since) = former else { return self }
        return .failed(reason, since: since)
    }

    /// Whether that is news for the log.
    func isNews(after former: FailoverStatus) -> Bool {
        switch (former, self) {
        case (.own, .own), (.failed, .failed): false
        default: self != former
        }
    }
}
