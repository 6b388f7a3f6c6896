import TandemLog

/// What a primary knows of one replica in its reign.
struct Follower: Sendable {
    /// The open connection; nil when there is none.
    var connection: ConnectionID?
    var number: ConnectionNumber
    var address: String
    var whole: Bool
    /// Whether it could lead with its database.
    var sound = true
    /// Whether it applies late by choice.
    var delayed = false
    /// Acknowledged as flushed on the current connection; zero without one (rule 20).
    var acknowledged: LogIndex = .zero
    var written: LogIndex = .zero
    /// Up to where its log agreed with this node's when it connected.
    var base: LogIndex = .zero
    var applied: LogIndex = .zero
    /// What was handed to its connection.
    var sent: LogIndex = .zero
    var writeLag = MeasuredLag()
    var flushLag = MeasuredLag()
    var replayLag = MeasuredLag()
    /// The most it ever acknowledged in this reign (rule 31).
    var highestAcknowledged: LogIndex = .zero
    /// The commit index it was last told.
    var toldCommit: LogIndex = .zero
    var lastHeard: Moment
    var lastSent: Moment
    /// When it was connected, or lost.
    var since: Moment
}
