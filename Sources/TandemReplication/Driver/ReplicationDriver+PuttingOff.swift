import TandemLog

// What need not be done at once.
extension ReplicationDriver {
    /// So soon after a commit the next group must come for its replicas to wait for the news, and so long they do if it
    /// does not bring it.
    static let newsDelay: Duration = .microseconds(500)

    /// Nothing more is in hand: the moment for what could be put off.
    public func drained() {
        handle { $0.drained(now: $1) }
        if let toApply { apply(through: toApply) }
    }

    /// What has been put off for ``drained()`` to do.
    public var putOff: PutOff {
        guard machine.role == .primary else { return .work }
        guard machine.hasNews else { return .nothing }
        return isBusy ? .news(within: Self.newsDelay) : .work
    }

    /// Whether the database's progress must be heard of at once, and not with whatever comes next.
    public var awaitsDatabase: Bool {
        switch machine.role {
        case .primary: !machine.servesWrites || machine.hasNews && !isBusy
        case .replica: !machine.servesReads
        case .idle, .starting, .candidate, .failed: true
        }
    }
}
