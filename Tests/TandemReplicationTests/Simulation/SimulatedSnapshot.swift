/// A database that travels from one node to another, with what the log goes on from.
struct SimulatedSnapshot {
    /// Everything that is applied; only for comparing, the new log begins behind it.
    let records: [SimulatedRecord]
    let applied: Int
    let digest: UInt64

    /// What is left of it where the disk was full: not what it says it is.
    var cutShort: SimulatedSnapshot { SimulatedSnapshot(records: records, applied: applied, digest: ~digest) }
}
