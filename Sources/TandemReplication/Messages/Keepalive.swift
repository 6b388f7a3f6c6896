import TandemLog

/// KEEPALIVE: tells an idle replica that the primary lives, and the commit index (docs/REPLICATION.md, rules 15, 17).
public struct Keepalive: Hashable, Sendable {
    public var epoch: Epoch
    /// The number of the connection it is sent on.
    public var number: ConnectionNumber
    public var last: LogIndex
    public var commit: LogIndex
    /// The primary's wall clock when it sent this, in microseconds since 1970: filled in by the rim.
    public var clock: UInt64

    public init(epoch: Epoch, number: ConnectionNumber, last: LogIndex, commit: LogIndex, clock: UInt64 = 0) {
        self.epoch = epoch
        self.number = number
        self.last = last
        self.commit = commit
        self.clock = clock
    }
}
