import PostgresWire
import TandemSQLite

extension UserChange {
    /// - Parameter first: users of the node's file, who may not be in the database yet.
    /// - Throws: `PostgresError` where it cannot be, or would leave nobody who could change users again; SQLite's errors.
    func carryOut(on writer: WriterConnection, beside first: FirstUsers) throws {
        let could = try Self.somebodyAdministrates(writer, first)
        try change(writer)
        guard could, try !Self.somebodyAdministrates(writer, first) else { return }
        throw PostgresError(
            code: .objectNotInPrerequisiteState, message: "nobody could change users any more",
            detail: "As soon as there is a user, everybody has to log in, and only who has the role administrate may "
                + "change users.",
            hint:
                "Let the first user have that role (SUPERUSER, or tandem user add --role administrate), and remove the "
                + "last one who has it last of all."
        )
    }

    /// Whether there is somebody who may change users, as everybody may where there are none.
    private static func somebodyAdministrates(_ writer: WriterConnection, _ first: FirstUsers) throws -> Bool {
        let users = try writer.users().filter { $0.name != UserDirectory.secretName }
        return users.isEmpty || first.includeAdministrator
            || users.contains { $0.verifier != nil && UserRoles(rawValue: $0.roles).contains(.administrate) }
    }

    private func change(_ writer: WriterConnection) throws {
        switch self {
        case .create(let name, let password, let roles):
            guard try writer.user(name) == nil else {
                throw PostgresError(code: .duplicateObject, message: "role \"\(name)\" already exists")
            }
            try Self.writeSecret(writer)
            try writer.write(StoredUser(name: name, verifier: try password?.verifier, roles: roles.rawValue))
        case .alter(let name, let password, let options):
            try Self.change(name, writer) { user throws(PostgresError) in
                if let password { user.verifier = try password.verifier }
                user.roles = UserRoles(rawValue: user.roles).changed(by: options).rawValue
            }
        case .drop(let names, let ifExists):
            for name in names {
                if !ifExists { _ = try Self.existing(name, writer) }
                try writer.remove(user: name)
            }
        case .grant(let roles, let names):
            for name in names {
                try Self.change(name, writer) { user throws(PostgresError) in
                    user.roles = UserRoles(rawValue: user.roles).union(roles).complete.rawValue
                }
            }
        case .revoke(let roles, let names):
            for name in names {
                try Self.change(name, writer) { user throws(PostgresError) in
                    user.roles = UserRoles(rawValue: user.roles).without(roles).rawValue
                }
            }
        }
    }

    /// Of the fake salts: the same on all nodes, or comparing two would tell which users exist.
    private static func writeSecret(_ writer: WriterConnection) throws {
        guard try writer.user(UserDirectory.secretName) == nil else { return }
        try writer.write(UserDirectory.newSecret())
    }

    private static func existing(_ name: String, _ writer: WriterConnection) throws -> StoredUser {
        guard !name.isEmpty, let user = try writer.user(name) else {
            throw PostgresError(code: .undefinedObject, message: "role \"\(name)\" does not exist")
        }
        return user
    }

    private static func change(
        _ name: String, _ writer: WriterConnection, _ body: (inout StoredUser) throws(PostgresError) -> Void
    ) throws {
        var user = try existing(name, writer)
        try body(&user)
        try writer.write(user)
    }
}

extension UserRoles {
    /// Without these, and without those that would bring them along.
    fileprivate func without(_ roles: UserRoles) -> UserRoles {
        var rest = subtracting(roles)
        if roles.contains(.read) { rest.remove(.write) }
        if !roles.isDisjoint(with: [.read, .write, .replicate]) { rest.remove(.administrate) }
        return rest
    }

    /// Administrate brings replicate along: that goes with it, and cannot be taken while it stays, as a superuser of
    /// PostgreSQL may replicate whatever else is said. Who is given a role by one word, and asked it by another, has it:
    /// SUPERUSER NOCREATEROLE.
    fileprivate func changed(by options: UserChange.Options) -> UserRoles {
        var taken = options.taken
        if contains(.administrate) {
            if taken.contains(.administrate) { taken.insert(.replicate) } else { taken.remove(.replicate) }
        }
        return without(taken).union(options.given).complete
    }
}

extension UserChange.Password {
    /// What is stored. A text that is a verifier already stays one: psql's \password sends such.
    var verifier: String? {
        get throws(PostgresError) {
            switch self {
            case .none: return nil
            case .text(let text):
                if let verifier = ScramVerifier(text) { return verifier.text }
                guard !text.isEmpty, !text.hasPrefix("SCRAM-SHA-256$"), !text.hasPrefix("md5") || text.count != 35
                else {
                    throw PostgresError(
                        code: .invalidPassword, message: "this is no password",
                        hint:
                            "Give one that is not empty, or a verifier in PostgreSQL's form SCRAM-SHA-256$…; MD5 is not supported."
                    )
                }
                return ScramVerifier(password: text).text
            }
        }
    }
}
