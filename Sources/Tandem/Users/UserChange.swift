/// What CREATE ROLE, ALTER ROLE, DROP ROLE, GRANT and REVOKE ask for.
enum UserChange: Sendable, Equatable {
    case create(name: String, password: Password?, roles: UserRoles)
    /// Nil leaves a thing as it is.
    case alter(name: String, password: Password?, roles: UserRoles?)
    case drop(names: [String], ifExists: Bool)
    case grant(UserRoles, to: [String])
    case revoke(UserRoles, from: [String])

    /// What a user will log in with.
    enum Password: Sendable, Equatable {
        /// As a person types it, or PostgreSQL's text form of a verifier.
        case text(String)
        /// None: the user cannot log in.
        case none
    }

    /// The command's tag.
    var tag: String {
        switch self {
        case .create: "CREATE ROLE"
        case .alter: "ALTER ROLE"
        case .drop: "DROP ROLE"
        case .grant: "GRANT ROLE"
        case .revoke: "REVOKE ROLE"
        }
    }

    /// Whether it is the change of a password, and of nothing else, that `user` makes for itself.
    func isOwnPassword(of user: String) -> Bool {
        if case .alter(let name, _?, nil) = self { return name == user }
        return false
    }
}
