/// What BackendKeyData gives a client, and what a CancelRequest must show again.
public struct BackendKey: Hashable, Sendable {
    /// Names the session; unique among the server's living sessions.
    public var processID: Int32
    /// Proves that the one who cancels is the one who was told.
    public var secret: Int32

    public init(processID: Int32, secret: Int32) {
        self.processID = processID
        self.secret = secret
    }
}
