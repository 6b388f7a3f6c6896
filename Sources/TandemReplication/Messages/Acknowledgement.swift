import TandemLog

/// ACK: how far a replica is. Only `flushed` counts for commits (docs/REPLICATION.md, rules 15 and 20).
///
/// Invariant: `applied <= flushed <= written`.
public struct Acknowledgement: Hashable, Sendable {
    public var epoch: Epoch
    /// The number of the connection it is sent on.
    public var number: ConnectionNumber
    public var written: LogIndex
    public var flushed: LogIndex
    public var applied: LogIndex
    public var whole: Bool
    /// Whether the node's database is one to lead with: it has neither drifted nor failed.
    public var sound: Bool
    /// Whether the node applies late by choice, and would have much to apply before it takes writes (rule 39).
    public var delayed: Bool
    /// The latest clock the primary sent on this connection, unchanged: filled in by the rim; 0 if none.
    public var echo: UInt64

    public init(
        epoch: Epoch, number: ConnectionNumber, written: LogIndex, flushed: LogIndex, applied: LogIndex, whole: Bool,
        sound: Bool = true, delayed: Bool = false, echo: UInt64 = 0
    ) {
        self.epoch = epoch
        self.number = number
        self.written = written
        self.flushed = flushed
        self.applied = applied
        self.whole = whole
        self.sound = sound
        self.delayed = delayed
        self.echo = echo
    }
}
