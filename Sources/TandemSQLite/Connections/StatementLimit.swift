import CTandemSQLite
import Synchronization

/// Stops the statements of one call, or of one owner's calls, and no others: once a deadline has passed, or once it is
/// cancelled.
///
/// Unlike ``Interrupter``, whose effect depends on what runs at that moment, it cannot come too early or too late: it is
/// looked at before each call and, while SQLite works, every few thousand of its instructions. It can be used from all
/// threads.
public final class StatementLimit: Sendable {
    /// Why a call was stopped.
    public enum Reason: Sendable, Equatable {
        case cancelled
        /// What it is within was cancelled, and not it itself.
        case outerCancelled
        case deadlinePassed
    }

    public let deadline: ContinuousClock.Instant?
    private let cancelled = Atomic(false)
    private let outer: StatementLimit?

    /// - Parameters:
    ///   - deadline: nil for as long as it takes.
    ///   - outer: stops the same once it is cancelled; its deadline does not count. Default nil.
    public init(deadline: ContinuousClock.Instant? = nil, within outer: StatementLimit? = nil) {
        self.deadline = deadline
        self.outer = outer
    }

    /// Stops what runs, and what is about to run.
    public func cancel() { cancelled.store(true, ordering: .releasing) }

    public var isCancelled: Bool { cancelled.load(ordering: .acquiring) || outer?.isCancelled == true }

    /// Why nothing may run any more; nil while it may.
    public var reason: Reason? {
        if cancelled.load(ordering: .acquiring) { return .cancelled }
        if outer?.isCancelled == true { return .outerCancelled }
        guard let deadline, deadline <= .now else { return nil }
        return .deadlinePassed
    }
}

extension Connection {
    /// SQLite asks after so many of its instructions, some tens of microseconds, whether it should go on.
    private static let instructionsBetweenLooks: Int32 = 4_000

    /// Runs `body`; statements in it fail with ``SQLiteError/Code/cancelled`` once `limit` says so.
    func limited<Result>(by limit: StatementLimit, _ body: () throws -> Result) throws -> Result {
        guard limit.reason == nil else {
            throw SQLiteError(.cancelled, "interrupted", resultCode: SQLITE_INTERRUPT)
        }
        self.limit = limit
        sqlite3_progress_handler(
            handle, Self.instructionsBetweenLooks,
            { context in
                guard let context else { return 0 }
                return Unmanaged<StatementLimit>.fromOpaque(context).takeUnretainedValue().reason == nil ? 0 : 1
            }, Unmanaged.passUnretained(limit).toOpaque())
        defer {
            sqlite3_progress_handler(handle, 0, nil, nil)
            self.limit = nil
        }
        return try withExtendedLifetime(limit, body)
    }
}
