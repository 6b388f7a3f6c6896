/// How far a transaction is kept apart from others that run at the same time.
public enum IsolationLevel: Sendable, Hashable {
    /// What the server does without being asked.
    case serverDefault
    /// Each statement sees what is committed when it begins.
    case readCommitted
    /// All statements see one state, as far as the engine's level of this name promises that.
    case repeatableRead
    /// As if transactions ran one after the other; one that cannot fails with `serializationFailure`.
    case serializable
}

/// What a transaction begins with.
public struct TransactionCharacteristics: Sendable, Hashable {
    /// Whether the server is to refuse writes. Default false.
    public var isReadOnly: Bool
    /// How far it is kept apart from others. Default: what the server does without being asked.
    public var isolation: IsolationLevel

    /// The defaults, but for what is given.
    public init(isReadOnly: Bool = false, isolation: IsolationLevel = .serverDefault) {
        self.isReadOnly = isReadOnly
        self.isolation = isolation
    }
}
