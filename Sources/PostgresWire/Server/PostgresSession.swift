/// What a server's owner does with one connection.
///
/// All methods are called on the connection's event loop, one after another, and must not block: no disk, no SQLite.
/// There is no async sequence and no task on this path on purpose: with one client every hop from thread to thread
/// costs 50 to 100 µs on a virtual machine, a third of a disk flush. The way of a statement should be: this event
/// loop, one worker thread, and this event loop again.
public protocol PostgresSession: AnyObject {
    /// The session begins. `greeting` holds all that is sent before ReadyForQuery, which follows by itself; further
    /// ParameterStatus or notices may be added. Not called for a connection that was detached from another loop.
    func started(_ greeting: inout BackendMessages)

    /// A message came. Terminate too: the session closes its channel when it has answered what came before.
    func received(_ message: FrontendMessage)

    /// All messages that arrived together were given to ``received(_:)``: a good moment to submit pipelined work as
    /// one.
    func readCompleted()

    /// The client reads more slowly than it is written to, or has caught up.
    func writabilityChanged(_ isWritable: Bool)

    /// Somebody showed this session's key and wants the running statement to be cancelled. It may come when none is
    /// running.
    func cancelRequested()

    /// The server is going down. The session ends what it is at and calls ``PostgresChannel/close(_:)`` with
    /// ``PostgresError/adminShutdown``; when the grace period is over the server does it.
    func shutdownRequested()

    /// Somebody who may do so wants the session to end now, whatever it is at: it stops that and calls
    /// ``PostgresChannel/close(_:)`` with the error. Without an implementation it is the same as
    /// ``shutdownRequested()``.
    func terminationRequested(_ reason: PostgresError)

    /// The connection is closed; nothing is called after it. Not called after the connection was detached.
    func closed()
}

extension PostgresSession {
    public func started(_ greeting: inout BackendMessages) {}
    public func readCompleted() {}
    public func writabilityChanged(_ isWritable: Bool) {}
    public func cancelRequested() {}
    public func terminationRequested(_ reason: PostgresError) { shutdownRequested() }
}

extension PostgresError {
    /// 57P01, as PostgreSQL says it when it goes down.
    public static var adminShutdown: PostgresError {
        PostgresError(
            severity: .fatal, code: .adminShutdown,
            message: "terminating connection due to administrator command")
    }
}
