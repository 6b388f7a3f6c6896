/// How far a transaction is kept apart from others that run at the same time.
public enum IsolationLevel: Sendable, Hashable {
    /// What the server does without being asked.
    case serverDefault
    case readCommitted
    case repeatableRead
    case serializable
}

/// What a transaction begins with.
public struct TransactionCharacteristics: Sendable, Hashable {
    public var isReadOnly: Bool
    public var isolation: IsolationLevel

    public init(isReadOnly: Bool = false, isolation: IsolationLevel = .serverDefault) {
        self.isReadOnly = isReadOnly
        self.isolation = isolation
    }
}
