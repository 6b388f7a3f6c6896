import NIOConcurrencyHelpers

/// What one user has written, so that they read it again: from whichever server and in whichever process.
///
/// ```swift
/// try await DatabaseSession.with(position: cookie) { session in
///     …
///     cookie = session.position
/// }
/// ```
/// Transactions that run inside remember the position of their commits; read-only ones with ``Freshness/sameSession``
/// go only to a replica that shows it.
public final class DatabaseSession: Sendable {
    /// The session of the running task.
    @TaskLocal public static var current: DatabaseSession?

    private let state: NIOLockedValueBox<CommitPosition?>

    /// - Parameter position: what has been written before, as another request of the same user has left it.
    public init(position: CommitPosition? = nil) { state = NIOLockedValueBox(position) }

    /// The position of the last commit of the session; nil if nothing has been written.
    public var position: CommitPosition? { state.withLockedValue { $0 } }

    /// Notes a commit of the session.
    ///
    /// - Parameter latest: the position that includes both, what was known and what is new. Commits of one session may run
    ///   at the same time, and become known in another order.
    func committed(at position: CommitPosition, latest: (CommitPosition, CommitPosition) -> CommitPosition) {
        state.withLockedValue { known in
            guard let before = known, before.engine == position.engine else {
                known = position
                return
            }
            known = latest(before, position)
        }
    }

    /// Runs `body` with a session of its own, which begins at `position`; nothing has been written before unless given.
    ///
    /// - Throws: what `body` throws.
    public static func with<Result, Failure: Error>(
        position: CommitPosition? = nil, isolation actor: isolated (any Actor)? = #isolation,
        _ body: (DatabaseSession) async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let session = DatabaseSession(position: position)
        // The task-local's own function does not keep the type of the error.
        let result: Swift.Result<Result, Failure> = await $current.withValue(session) {
            do throws(Failure) { return .success(try await body(session)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
