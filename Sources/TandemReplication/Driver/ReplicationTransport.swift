import TandemLog

/// The connections of the replication protocol, as the driver sees them. All calls come on the replication thread.
///
/// What arrives is handed to the ``ReplicationDriver`` on the same thread, after the call that caused it has returned.
public protocol ReplicationTransport: AnyObject {
    /// Sends a message to the replica on `connection`; nothing happens if it is gone.
    func send(_ message: ReplicationMessage, to connection: ConnectionID)

    /// Sends the bytes of whole records, or a piece of them, to the replica on `connection`.
    func send(_ header: RecordsHeader, _ bytes: UnsafeRawBufferPointer, to connection: ConnectionID)

    /// Whether `connection` takes more without piling it up in memory. When it does again, the driver's
    /// ``ReplicationDriver/connectionWritable(_:)`` is called.
    func isWritable(_ connection: ConnectionID) -> Bool

    /// Closes `connection` once what was sent on it has left.
    func close(_ connection: ConnectionID, reason: String)

    /// Connects to `address` and sends CONNECT.
    func dial(_ address: String, _ connect: Connect)

    /// Sends a message to the primary this node follows.
    func sendUpstream(_ message: ReplicationMessage, on number: ConnectionNumber)

    /// Closes the connection to the primary, or stops dialling it.
    func closeUpstream(_ number: ConnectionNumber, reason: String)

    /// Asks another member on a short connection of its own; the answer is handed to
    /// ``ReplicationDriver/promiseAnswered(_:)``, or there is none.
    func ask(_ member: Member, _ request: PromiseRequest)
}
