import NIOCore

/// One end of a CopyBoth stream. All methods are called on the connection's event loop.
public protocol PostgresCopyStream: AnyObject {
    /// A CopyData came: its payload, as a slice of the bytes received.
    func received(_ payload: ByteBuffer)

    /// All payloads that arrived together were given to ``received(_:)``.
    func readCompleted()

    /// The peer reads more slowly than it is written to, or has caught up.
    func writabilityChanged(_ isWritable: Bool)

    /// The server sends no more. This side ends its own direction by ``PostgresClientConnection/sendCopyDone()``.
    func copyDoneReceived()

    /// The stream is over: with an error, by the loss of the connection, or (nil) regularly. Called once, last.
    func ended(_ error: PostgresError?)
}

extension PostgresCopyStream {
    public func readCompleted() {}
    public func writabilityChanged(_ isWritable: Bool) {}
    public func copyDoneReceived() {}
}
