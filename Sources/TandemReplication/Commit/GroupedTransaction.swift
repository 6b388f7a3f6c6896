/// A transaction of the group with what came of running it.
struct GroupedTransaction {
    let transaction: any WriteTransaction
    /// The place of its record in the group; nil where it changed nothing or failed.
    var recordOffset: Int?
    var error: (any Error)?
    /// Whether it has been answered already, before the group's fate was known.
    var isAnswered = false
    /// Whether it opened the group: then it has seen nothing that is not committed.
    var isFirst = false

    /// How it ended, where nothing of the group stays. What it saw of others, in its rows or in its error, may never
    /// have happened, and is not told (docs/REPLICATION.md, H4).
    func outcomeOfNothing(_ lost: DatabaseThreadError) -> CommitOutcome {
        guard isFirst else { return .failed(lost) }
        return error.map { .failed($0) } ?? .committed(nil)
    }
}
