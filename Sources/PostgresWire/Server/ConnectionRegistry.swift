import NIOConcurrencyHelpers
import NIOCore

/// Which connections and sessions a server has: their bounds, the cancel keys, and the way to all of them when the
/// server goes down.
final class ConnectionRegistry: Sendable {
    struct Limits {
        var sessions: Int
        var replicationSessions: Int
        /// Connections that are not sessions yet: in their start-up, or with a CancelRequest.
        var startups: Int
    }

    private struct Session {
        var secret: Int32
        var isReplication: Bool
        /// nil until the session has begun.
        var channel: PostgresChannel?
    }

    private struct State {
        var connections: [ObjectIdentifier: any Channel] = [:]
        /// Those that are in their start-up, with the order in which they came.
        var startups: [ObjectIdentifier: UInt64] = [:]
        var lastStartup: UInt64 = 0
        var sessions: [Int32: Session] = [:]
        var replicationSessions = 0
        var lastProcessID: Int32 = 0
        /// Given when the server goes down; completed when the last connection is closed.
        var drained: EventLoopPromise<Void>?
    }

    private let limits: Limits
    private let state = NIOLockedValueBox(State())

    init(limits: Limits) { self.limits = limits }

    var sessionCount: Int { state.withLockedValue { $0.sessions.count } }

    // MARK: Connections

    /// What becomes of a connection that was just made.
    enum Opening {
        /// It may begin its start-up. If there were too many others, the oldest of them must leave.
        case accepted(leaving: (any Channel)?)
        /// It must be closed at once: those that leave have not left yet, or the server goes down.
        case refused
    }

    /// A connection was made.
    func opened(_ channel: any Channel) -> Opening {
        state.withLockedValue { state in
            let bound = limits.sessions + limits.replicationSessions + 2 * limits.startups
            guard state.drained == nil, state.connections.count < bound else { return .refused }
            var leaving: (any Channel)?
            if state.startups.count >= limits.startups, let oldest = state.startups.min(by: { $0.value < $1.value }) {
                state.startups[oldest.key] = nil
                leaving = state.connections[oldest.key]
            }
            state.connections[ObjectIdentifier(channel)] = channel
            state.lastStartup += 1
            state.startups[ObjectIdentifier(channel)] = state.lastStartup
            return .accepted(leaving: leaving)
        }
    }

    /// The start-up of a connection is over.
    func startupEnded(_ channel: any Channel) {
        state.withLockedValue { _ = $0.startups.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    /// A session's socket moved into another channel, which takes the place of `former`.
    func moved(from former: any Channel, to channel: any Channel) {
        state.withLockedValue { state in
            state.connections[ObjectIdentifier(channel)] = channel
            state.connections[ObjectIdentifier(former)] = nil
        }
    }

    func closed(_ channel: any Channel) {
        let drained = state.withLockedValue { state -> EventLoopPromise<Void>? in
            state.connections[ObjectIdentifier(channel)] = nil
            state.startups[ObjectIdentifier(channel)] = nil
            return state.connections.isEmpty ? state.drained : nil
        }
        drained?.succeed()
    }

    // MARK: Sessions

    /// Makes room for a session and gives it its key.
    func admit(isReplication: Bool) -> Result<BackendKey, PostgresError> {
        let secret = Int32.random(in: .min ... .max)
        return state.withLockedValue { state in
            guard state.drained == nil else { return .failure(.shuttingDown) }
            let isFull =
                isReplication
                ? state.replicationSessions >= limits.replicationSessions
                : state.sessions.count - state.replicationSessions >= limits.sessions
            guard !isFull else { return .failure(.tooManyConnections(isReplication: isReplication)) }
            repeat {
                state.lastProcessID = state.lastProcessID == .max ? 1 : state.lastProcessID + 1
            } while state.sessions[state.lastProcessID] != nil
            state.sessions[state.lastProcessID] = Session(secret: secret, isReplication: isReplication)
            state.replicationSessions += isReplication ? 1 : 0
            return .success(BackendKey(processID: state.lastProcessID, secret: secret))
        }
    }

    /// The session has begun, or goes on in another channel.
    func began(_ channel: PostgresChannel) {
        state.withLockedValue { $0.sessions[channel.key.processID]?.channel = channel }
    }

    func ended(_ key: BackendKey) {
        state.withLockedValue { state in
            guard let session = state.sessions.removeValue(forKey: key.processID) else { return }
            state.replicationSessions -= session.isReplication ? 1 : 0
        }
    }

    /// The session of that key; nil if there is none or the secret is another.
    func session(of key: BackendKey) -> PostgresChannel? {
        state.withLockedValue { state in
            guard let session = state.sessions[key.processID], session.secret == key.secret else { return nil }
            return session.channel
        }
    }

    // MARK: Going down

    /// From now on nobody is let in. `drained` is completed when the last connection is closed.
    ///
    /// - Returns: The connections there are. Nil if the server goes down already.
    func beginShutdown(_ drained: EventLoopPromise<Void>) -> [any Channel]? {
        let connections = state.withLockedValue { state -> [any Channel]? in
            guard state.drained == nil else { return nil }
            state.drained = drained
            return Array(state.connections.values)
        }
        if connections?.isEmpty == true { drained.succeed() }
        return connections
    }

    /// Completed when the last connection is closed; nil if the server is not going down.
    var drained: EventLoopFuture<Void>? { state.withLockedValue { $0.drained?.futureResult } }

    /// The connections there are.
    var connections: [any Channel] { state.withLockedValue { Array($0.connections.values) } }
}

extension PostgresError {
    static func tooManyConnections(isReplication: Bool) -> PostgresError {
        PostgresError(
            severity: .fatal, code: .tooManyConnections,
            message: isReplication
                ? "number of requested replication connections exceeds the maximum" : "sorry, too many clients already",
            hint: "Close connections no longer needed, or raise the server's maximum.")
    }

    static var tooManyStartups: PostgresError {
        PostgresError(
            severity: .fatal, code: .tooManyConnections,
            message: "too many connections are in their start-up, and this one is the oldest",
            hint: "Connect again.")
    }

    static var shuttingDown: PostgresError {
        PostgresError(severity: .fatal, code: .cannotConnectNow, message: "the database system is shutting down")
    }
}
