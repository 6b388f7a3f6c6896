import TandemLog

/// TAKEOVER: the primary, which takes no writes any more, tells a replica that has everything to stand for promotion
/// (docs/REPLICATION.md, rule 35).
public struct TakeOver: Hashable, Sendable {
    public var epoch: Epoch
    /// The number of the connection it is sent on.
    public var number: ConnectionNumber
    /// The last record of the primary's log, which the replica has flushed.
    public var last: LogIndex

    public init(epoch: Epoch, number: ConnectionNumber, last: LogIndex) {
        self.epoch = epoch
        self.number = number
        self.last = last
    }
}
