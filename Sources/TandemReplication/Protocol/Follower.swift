import TandemLog

/// What a primary knows of one replica in its reign.
struct Follower: Sendable {
    /// The open connection; nil when there is none.
    var connection: ConnectionID?
    var number: ConnectionNumber
    var address: String
    var whole: Bool
    /// Acknowledged as flushed on the current connection; zero without one (rule 20).
    var acknowledged: LogIndex = .zero
    var written: LogIndex = .zero
    var applied: LogIndex = .zero
    /// The most it ever acknowledged in this reign (rule 31).
    var highestAcknowledged: LogIndex = .zero
    /// The commit index it was last told.
    var toldCommit: LogIndex = .zero
    var lastHeard: Moment
    var lastSent: Moment
    /// When it was connected, or lost.
    var since: Moment
}

/// What a primary keeps of its reign.
struct Reign: Sendable {
    let epoch: Epoch
    /// The index of the epoch record.
    let epochIndex: LogIndex
    /// The epoch record is committed and applied: reads as primary, and member records (rules 12, 26).
    var established = false
    /// Established, and at least as many acknowledgements are written down as are asked for: writes (rule 12).
    var ready = false
    /// Nothing is executed before this is applied: raised when a SQLite COMMIT fails (rule 22).
    var recoverThrough: LogIndex = .zero
    /// Since when a record has been waiting for acknowledgements; nil if none is.
    var waitingSince: Moment?
    /// Since when commits have gone on without acknowledgements; nil if they do not.
    var degradedSince: Moment?
    /// When members that are not connected were last told of this reign.
    var announced: Moment
    /// Records without contents for the database (epoch and member records), not known to be applied; ascending.
    var contentFree: [LogIndex] = []
}

/// A replica's way to its primary.
enum Upstream: Sendable {
    /// The role has none.
    case none
    /// Dials again at this moment.
    case waiting(until: Moment)
    /// CONNECT is on its way. Next: following, waiting.
    case dialling(ConnectionNumber, address: String, since: Moment)
    /// ACCEPT has come. Next: waiting.
    case following(Following)
}

/// An accepted connection to a primary.
struct Following: Sendable {
    let number: ConnectionNumber
    let address: String
    /// The primary's epoch, promised by this node.
    let epoch: Epoch
    var lastHeard: Moment
    /// The highest commit index announced on this connection, whatever this node holds (rule 30).
    var announced: LogIndex
}

/// Questions to the members, and their answers so far.
struct Election: Sendable {
    enum Phase: Sendable {
        /// Asks what the answers would be; nothing is promised.
        case surveying
        /// A candidate flushes its log before it compares (rule 8).
        case flushing
        /// START or PROMISE is on its way.
        case asking
    }

    let kind: PromiseRequest.Kind
    var phase: Phase
    /// The epoch asked for.
    var epoch: Epoch
    var promises: [NodeID: PromiseAnswer.Promised] = [:]
    var refusals: [NodeID: Refused] = [:]
    /// When the first question was asked.
    let began: Moment
    /// When the questions in flight were asked.
    var asked: Moment
    /// The operator waives the count (rule 9).
    var acceptsDataLoss: Bool
}
