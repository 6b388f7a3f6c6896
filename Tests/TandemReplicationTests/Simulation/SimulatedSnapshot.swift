/// A database that travels from one node to another, with what the log goes on from.
struct SimulatedSnapshot {
    /// Everything that is applied; only for comparing, the new log begins behind it.
    let records: [SimulatedRecord]
    let applied: Int
    let digest: UInt64
}
