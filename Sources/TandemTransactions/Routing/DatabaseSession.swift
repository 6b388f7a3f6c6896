import NIOConcurrencyHelpers

/// What one user has written, so that they read it again: from whichever server and in whichever process.
///
/// ```swift
/// try await DatabaseSession.with(positions: SessionPositions(cookie) ?? SessionPositions()) { session in
///     …
///     cookie = session.positions.description
/// }
/// ```
/// Transactions that run inside remember the position of their commits; read-only ones with ``Freshness/sameSession``
/// go only to a replica that shows it. Each database has a position of its own, by its name: two with the same name and
/// other servers cannot be used in one session.
public final class DatabaseSession: Sendable {
    /// The session of the running task.
    @TaskLocal public static var current: DatabaseSession?

    private struct State {
        var positions: SessionPositions
        /// The primaries of the databases that were used in it, by the databases' names.
        var primaries: [String: String] = [:]
        var hasCommitted = false
    }

    private let state: NIOLockedValueBox<State>

    /// A session that goes on from `positions`.
    ///
    /// - Parameter positions: what has been written before, as other requests of the same user have left it; nothing unless
    ///   given.
    public init(positions: SessionPositions = SessionPositions()) {
        state = NIOLockedValueBox(State(positions: positions))
    }

    /// Up to where has been written, in the session and before it.
    public var positions: SessionPositions { state.withLockedValue { $0.positions } }

    /// Whether something has been committed in the session.
    public var hasCommitted: Bool { state.withLockedValue { $0.hasCommitted } }

    /// The position of the last commit in a database; nil if nothing has been written there.
    public func position(in database: Database) -> CommitPosition? { position(in: database.router.identity) }

    /// Runs `body` with a session of its own, which begins at `positions`; nothing has been written before unless given.
    ///
    /// - Throws: what `body` throws.
    public static func with<Result, Failure: Error>(
        positions: SessionPositions = SessionPositions(), isolation actor: isolated (any Actor)? = #isolation,
        _ body: (DatabaseSession) async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let session = DatabaseSession(positions: positions)
        // The task-local's own function does not keep the type of the error.
        let result: Swift.Result<Result, Failure> = await $current.withValue(session) {
            do throws(Failure) { return .success(try await body(session)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}

extension DatabaseSession {
    /// Whether a database has been used in it.
    func knows(_ database: DatabaseIdentity) -> Bool {
        state.withLockedValue { $0.primaries[database.name] == database.primary.name }
    }

    /// A database is used in it.
    ///
    /// - Throws: `invalidConfiguration` where another one of the same name has been used: their positions would be mixed.
    func enter(_ database: DatabaseIdentity) throws {
        let primary = database.primary.name
        let known = state.withLockedValue { state in
            let known = state.primaries[database.name]
            if known == nil { state.primaries[database.name] = primary }
            return known
        }
        guard let known, known != primary else { return }
        throw DatabaseError(
            .invalidConfiguration,
            "two databases of one session are both named \"\(database.name)\" (\(known) and \(primary)), and their "
                + "positions would be mixed: give each a name of its own by Database.Configuration(name:)")
    }

    /// The position that includes all that is known of a database.
    func position(in database: DatabaseIdentity) -> CommitPosition? {
        state.withLockedValue { state in
            let known = state.positions.positions(in: database.name)
            guard let first = known.first else { return nil }
            if known.count == 1, database.understands(first) { return first }
            let position = database.latest(of: known)
            state.positions.set(position, in: database.name)
            return position
        }
    }

    /// Notes a commit. Those of one session may run at the same time, and become known in another order.
    func committed(at position: CommitPosition, in database: DatabaseIdentity) {
        state.withLockedValue { state in
            state.hasCommitted = true
            let known = state.positions.positions(in: database.name)
            state.positions.set(database.latest(of: known + [position]), in: database.name)
        }
    }
}
