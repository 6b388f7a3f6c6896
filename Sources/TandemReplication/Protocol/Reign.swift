import TandemLog

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
    /// A planned change of the primary; nil if none is under way.
    var handOver: HandOver?
    /// When members that are not connected were last told of this reign.
    var announced: Moment
    /// The highest index that members acknowledged which were removed in this reign: should they come back with less, they
    /// are not whole (rule 31).
    var acknowledgedByRemoved: [NodeID: LogIndex] = [:]
    /// Members that were told to have been replaced.
    var replacedTold: Set<NodeID> = []
    /// Records without contents for the database (epoch and member records), not known to be applied; ascending.
    var contentFree: [LogIndex] = []
}
