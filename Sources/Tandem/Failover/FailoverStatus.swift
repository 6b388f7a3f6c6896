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
    /// The store gave no answer.
    case failed(String)

    /// For people.
    func words(now: Moment) -> String {
        switch self {
        case .unknown: "not known yet"
        case .own(let end): "held here for \((end - now).secondsText) s more, if it is not extended"
        case .other(let address): "held by \(address)"
        case .free: "held by nobody"
        case .failed(let reason): reason
        }
    }

    /// Whether that is news for the log.
    func isNews(after former: FailoverStatus) -> Bool {
        switch (former, self) {
        case (.own, .own), (.failed, .failed): false
        default: self != former
        }
    }
}
