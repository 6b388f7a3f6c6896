import PostgresWire

/// Who a session belongs to.
struct SessionUser: Sendable {
    let name: String
    private(set) var roles: UserRoles
    /// The version of ``KnownUsers`` that the roles are of; nil for who is let in without a password, or by the file of
    /// first users: what becomes of users in the database is nothing to these.
    private(set) var version: Int?

    /// The user of a connection, of whom the node's ``UserDirectory`` knew the roles.
    init(_ channel: PostgresChannel, name: String) {
        self.name = name
        if let stored = channel.attributes as? StoredRoles {
            roles = stored.roles
            version = stored.version
        } else {
            roles = channel.attributes as? UserRoles ?? []
        }
    }

    /// Takes over what has become of the user since.
    ///
    /// - Returns: whether the roles are others now.
    /// - Throws: `PostgresError` (57P01), which ends the session, if there is no such user any more.
    mutating func refresh(_ known: KnownUsers) throws(PostgresError) -> Bool {
        guard let version, known.version > version else { return false }
        let users = known.current
        self.version = users.version
        guard let roles = users.roles(of: name) else { throw .userWasRemoved(name) }
        defer { self.roles = roles }
        return roles != self.roles
    }

    /// Refuses what the user has not the role for.
    ///
    /// - Parameter what: what the role is needed for, in words.
    /// - Throws: `PostgresError` (42501).
    func require(_ role: UserRoles, for what: @autoclosure () -> String) throws(PostgresError) {
        guard !roles.contains(role) else { return }
        throw PostgresError(
            code: .insufficientPrivilege, message: "permission denied: \(what()) needs the role \(role.words)",
            detail: "The roles of \"\(name)\": \(roles.words).",
            hint: "A user with the role administrate can give it: GRANT \(role.words) TO \"\(name)\".")
    }
}

extension PostgresError {
    static func userWasRemoved(_ name: String) -> PostgresError {
        PostgresError(
            severity: .fatal, code: .adminShutdown,
            message: "terminating connection because the user \"\(name)\" was removed")
    }
}
