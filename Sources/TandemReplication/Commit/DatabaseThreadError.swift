/// Why a transaction did not get to run, or did not get to commit.
public enum DatabaseThreadError: Error, Equatable {
    /// The node is shutting down.
    case stopping
    /// So many transactions already wait for the writer.
    case tooManyWaiting(Int)
    /// Another transaction held the writer until this one's deadline.
    case writerBusy
    /// A commit before this one waits for acknowledgements, and this one's own time for that ran out.
    case acknowledgementsMissing(Duration)
    /// The node did not become a ready primary before this one's deadline.
    case notReady
    /// Another node has become the primary while this transaction waited; it was not begun.
    case noLongerPrimary
    /// SQLite rolled back the whole group because of another transaction of it; nothing of it was committed.
    case groupLost(String)
    /// The wait for the group's commit was broken off; this transaction changed nothing.
    case waitBrokenOff
    /// The log did not take the group.
    case rejected(String)
}

extension DatabaseThreadError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .stopping: "the node is shutting down"
        case .tooManyWaiting(let count): "\(count) transactions already wait for the writer"
        case .writerBusy: "another transaction holds the writer; the time to wait for it ran out"
        case .acknowledgementsMissing(let timeout):
            "the transaction was not begun: a commit before it waits for replicas to acknowledge it, for longer than \(timeout)"
        case .notReady: "the primary does not take writes yet: it waits for its replicas"
        case .noLongerPrimary:
            "the transaction was not committed: another node has become the primary"
        case .waitBrokenOff:
            "the wait for the commit of what this transaction read was broken off; it has changed nothing itself"
        case .groupLost(let reason): "SQLite rolled back the group this transaction ran in: \(reason)"
        case .rejected(let reason): "the log did not take the transaction: \(reason)"
        }
    }
}
