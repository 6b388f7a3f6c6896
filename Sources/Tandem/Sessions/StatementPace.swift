/// Whether a statement that reads is worth trying on the session loop, by how its runs went.
///
/// It runs on a reader thread first, which also finds out its types: what takes long there is never tried here.
final class StatementPace: @unchecked Sendable {
    // Owned by whoever owns the session's engine, and handed over with it.

    private enum State {
        /// Not known to be brief: runs on reader threads. Goes to `brief`.
        case unknown
        /// A reader thread was done with it quickly. Goes to `resting`.
        case brief
        /// It was not brief when it was tried: so many more runs on reader threads follow. Goes to `unknown`.
        case resting(runs: Int)
    }

    private var state = State.unknown
    private var isSlowToPrepare = false

    /// What uses no more of the processor on a reader thread, in nanoseconds, may be tried on the loop. The same holds for
    /// preparing it, which the loop will have to do once, and which SQLite cannot be stopped in.
    private static let brief: UInt64 = 500_000
    /// A statement that was tried in vain is tried again after so many runs: its parameters, or an index, may make it brief.
    private static let rest = 200

    /// Whether it may be tried on the session loop.
    var isBrief: Bool {
        if case .brief = state { return !isSlowToPrepare }
        return false
    }

    /// What it used of the processor to prepare it is known.
    func prepared(using nanoseconds: UInt64) {
        if nanoseconds > Self.brief { isSlowToPrepare = true }
    }

    /// A reader thread has run it.
    func ranOnReader(using nanoseconds: UInt64) {
        switch state {
        case .unknown: if nanoseconds <= Self.brief { state = .brief }
        case .brief: break
        case .resting(let runs): state = runs > 1 ? .resting(runs: runs - 1) : .unknown
        }
    }

    /// The session loop has tried it in vain.
    func triedInVain() { state = .resting(runs: Self.rest) }
}
