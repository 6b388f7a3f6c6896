/// A group's flush, which the database thread carries out while the replication thread goes on (`LogFlush`).
struct SimulatedFlush {
    /// What was written when it began; it says nothing of what came later.
    let end: Int
    /// How often the log had been cut by then.
    let cuts: Int
    /// The commit index in the last mark it covers.
    let mark: Int
}
