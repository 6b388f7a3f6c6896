import TandemLog

/// What a node keeps of one cascade that gets its committed records from it (docs/REPLICATION.md, rule 34).
struct Relay: Sendable {
    let node: NodeID
    /// Of the reign that this node led or followed when it took the connection. With any other the cascade has to connect
    /// anew.
    let epoch: Epoch
    /// How far it is. Only for status and retention: it acknowledges nothing that counts.
    var progress: Follower
    /// The primary's latest clock it was told.
    var toldClock: UInt64 = 0
}

/// The primary's clock as it arrives here, however many nodes it has passed: the sign that there is a primary at the
/// other end. It grows with every message of the primary, so what goes round in a circle of cascades is no sign.
struct Pulse: Sendable {
    private(set) var clock: UInt64 = 0
    private var epoch: Epoch?
    private var grew = Moment.zero

    /// A message of the reign of `epoch` has brought `clock`.
    mutating func heard(_ clock: UInt64, in epoch: Epoch, now: Moment) {
        if self.epoch != epoch { self = Pulse(epoch: epoch) }
        guard clock > self.clock else { return }
        self.clock = clock
        grew = now
    }

    /// Whether the primary of `epoch` has been heard within `limit`.
    func isFresh(in epoch: Epoch, within limit: Duration, now: Moment) -> Bool {
        self.epoch == epoch && clock > 0 && now - grew < limit
    }

    init(epoch: Epoch? = nil) { self.epoch = epoch }
}
