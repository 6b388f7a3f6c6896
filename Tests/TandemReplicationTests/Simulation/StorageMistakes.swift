/// Mistakes planted in storage, below the machine.
struct StorageMistakes: OptionSet {
    let rawValue: Int
    /// The applied index is not changed in the transaction of the rows.
    static let appliedOutside = StorageMistakes(rawValue: 1)
    /// A cut is not durable, and checksums are not chained.
    static let tornCut = StorageMistakes(rawValue: 2)
    /// The log is pruned up to what is applied, not to what of that is synced.
    static let prunedTooFar = StorageMistakes(rawValue: 4)
    /// A snapshot is of everything in the log, committed or not.
    static let snapshotOfTheTail = StorageMistakes(rawValue: 8)
    /// A flush that the database thread has begun is taken for one that is done.
    static let begunFlushCounts = StorageMistakes(rawValue: 16)
    /// A flush from before a cut counts for what came in the place of the tail.
    static let overtakenFlush = StorageMistakes(rawValue: 32)
    /// A batch that a full disk took half is taken for appended.
    static let halfBatch = StorageMistakes(rawValue: 64)
    /// A durable state that could not be written is taken for written.
    static let unwrittenState = StorageMistakes(rawValue: 128)
    /// A snapshot that a full disk took half is taken for whole.
    static let halfSnapshot = StorageMistakes(rawValue: 256)
}
