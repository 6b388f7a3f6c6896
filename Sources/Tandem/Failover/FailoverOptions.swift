/// How a group finds another primary without an operator.
public struct FailoverOptions: Sendable {
    /// Where the group's lease is kept.
    public var store: any FailoverStore
    /// How long the lease lasts when its holder falls silent: whole seconds, at least 2. Default 5 s. A group is without a
    /// primary for at most twice as long.
    public var lease: Duration = .seconds(5)

    /// With the default of ``lease``.
    public init(store: any FailoverStore) { self.store = store }

    /// What a holder may use of it: its clock may go a tenth slower than the store's.
    var usableLease: Duration { lease * 0.9 }
    /// How often a node looks into the store.
    var interval: Duration { min(max(lease / 10, .milliseconds(100)), .seconds(1)) }
    /// For how long nobody must have had the lead before somebody takes it: every node can have said by then how far it is.
    var settlingTime: Duration { interval * 2 }
    /// How long a node that did not become primary lets others try.
    var backoff: Duration { lease / 2 }
}
