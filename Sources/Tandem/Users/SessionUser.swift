import PostgresWire

/// Who a session belongs to, as it was found out when it began.
struct SessionUser: Sendable {
    let name: String
    let roles: UserRoles

    /// The user of a connection, of whom the node's ``UserDirectory`` knew the roles.
    init(_ channel: PostgresChannel, name: String) {
        self.name = name
        roles = channel.attributes as? UserRoles ?? []
    }

    /// Nil if the user has the role; or why what it is for is refused.
    func refusal(without role: UserRoles, _ what: String) -> PostgresError? {
        guard !roles.contains(role) else { return nil }
        return PostgresError(
            code: .insufficientPrivilege, message: "permission denied: \(what) needs the role \(role.words)",
            detail: "The roles of \"\(name)\": \(roles.words).",
            hint:
                "A user with the role administrate can give it: GRANT \(role.words) TO \"\(name)\"; it counts from the next log-in."
        )
    }
}
