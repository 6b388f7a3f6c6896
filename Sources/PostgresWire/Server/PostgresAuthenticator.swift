import NIOCore

/// Finds out how a user proves who he is. Called on the connection's event loop, which it must not block.
///
/// A future that fails with a ``PostgresError`` refuses the connection with it.
public typealias PostgresAuthenticator =
    @Sendable (StartupMessage, any EventLoop) -> EventLoopFuture<PostgresUser>

/// What a server's owner knows of the user who connects.
public struct PostgresUser: Sendable {
    public var authentication: StartupStateMachine.Authentication
    /// Whatever the owner wants to find again at the session: ``PostgresChannel/attributes``.
    public var attributes: (any Sendable)?

    public init(_ authentication: StartupStateMachine.Authentication, attributes: (any Sendable)? = nil) {
        self.authentication = authentication
        self.attributes = attributes
    }

    /// Lets everybody in under any name.
    public static let trust: PostgresAuthenticator = { _, loop in loop.makeSucceededFuture(PostgresUser(.trust)) }
}

/// A log-in that has failed.
public struct FailedLogin: Sendable {
    /// The name that was tried, as the client gave it: shorten and clean it before it is shown.
    public var user: String
    public var address: SocketAddress?
    public var reason: String
}
