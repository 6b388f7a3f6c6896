/// What CREATE ROLE, ALTER ROLE, DROP ROLE, GRANT and REVOKE ask for.
enum UserChange: Sendable, Equatable {
    case create(name: String, password: Password?, roles: UserRoles)
    /// A password that is nil stays as it is, and so do roles that are not named.
    case alter(name: String, password: Password?, Options)
    case drop(names: [String], ifExists: Bool)
    case grant(UserRoles, to: [String])
    case revoke(UserRoles, from: [String])

    /// Roles that attributes such as SUPERUSER give, and those that NOSUPERUSER takes.
    struct Options: Sendable, Equatable {
        var given: UserRoles = []
        var taken: UserRoles = []
    }

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
        if case .alter(let name, _?, Options()) = self { return name == user }
        return false
    }
}
