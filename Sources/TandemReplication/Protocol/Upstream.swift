import TandemLog

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
    /// The highest index that this node has acknowledged in this reign, as its primary knows.
    let acknowledgedBefore: LogIndex
    /// Whether the primary waits for a sign of life; given with the next acknowledgement, or at the next tick.
    var owesAnswer = false
}
