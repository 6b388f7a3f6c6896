import TandemLog

/// A planned change of the primary while it is under way (docs/REPLICATION.md, rule 35).
struct HandOver: Sendable {
    /// Who takes over.
    let target: NodeID
    /// Writes go on here after this moment, unless the target reigns by then.
    let until: Moment
    /// The writer runs nothing and has nothing in flight.
    var isQuiet = false
    /// The target was told to take over; nothing more is appended here.
    var isTold = false
}
