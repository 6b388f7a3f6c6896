/// A user as the database keeps it.
public struct StoredUser: Hashable, Sendable {
    public var name: String
    /// What the user's password is checked with; nil for one who cannot log in.
    public var verifier: String?
    /// Bits whose meaning is the node's.
    public var roles: Int

    public init(name: String, verifier: String?, roles: Int) {
        self.name = name
        self.verifier = verifier
        self.roles = roles
    }
}
