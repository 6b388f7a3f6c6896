import PostgresWire
import TandemSQLite

// CREATE ROLE and its like: on the writer, in the transaction that is open, logged like rows.
extension SessionEngine {
    func carryOut(_ change: UserChange, on access: SessionAccess) throws(PostgresError) -> SessionStop? {
        try refreshUser()
        if !change.isOwnPassword(of: user.name), let refusal = user.refusal(without: .administrate, change.tag) {
            throw refusal
        }
        guard node.takesWrites, block?.isReadOnly != true, !settings.defaultsToReadOnly else {
            throw PostgresError(
                code: .readOnlySQLTransaction,
                message: "cannot execute \(change.tag) in a read-only transaction",
                hint: node.takesWrites ? nil : "This node is a replica; change users on its primary\(node.primaryHint)."
            )
        }
        guard case .writer(let writer) = access else { return .needsWriter }
        do {
            try change.carryOut(on: writer)
        } catch let error as PostgresError {
            throw error
        } catch {
            throw PostgresError(mapping: error)
        }
        output.commandComplete(change.tag)
        return nil
    }
}

// SHOW tandem.users.
extension SessionEngine {
    static let usersTable = "tandem.users"

    static func table(of users: [StoredUser]) -> TextTable {
        TextTable(
            ["name", "roles", "can_log_in"],
            users.filter { $0.name != UserDirectory.secretName }.map { user in
                [user.name, UserRoles(rawValue: user.roles).words, user.verifier == nil ? "f" : "t"]
            })
    }

    func showUsers(on access: SessionAccess, describes: Bool) throws(PostgresError) -> SessionStop? {
        try refreshUser()
        if let refusal = user.refusal(without: .administrate, "SHOW \(Self.usersTable)") { throw refusal }
        let users: [StoredUser]
        do throws(SQLiteError) {
            switch access {
            case .none, .loop: return .needsReader
            case .reader(let reader): users = try reader.users()
            case .writer(let writer): users = try writer.users()
            }
        } catch {
            throw PostgresError(mapping: error)
        }
        let table = Self.table(of: users)
        if describes { output.rowDescription(table.columns) }
        try write(table)
        output.commandComplete("SHOW")
        return nil
    }
}

extension UserChange {
    fileprivate func carryOut(on writer: WriterConnection) throws {
        switch self {
        case .create(let name, let password, let roles):
            guard try writer.user(name) == nil else {
                throw PostgresError(code: .duplicateObject, message: "role \"\(name)\" already exists")
            }
            try Self.writeSecret(writer)
            try writer.write(StoredUser(name: name, verifier: try password?.verifier, roles: roles.rawValue))
        case .alter(let name, let password, let roles):
            try Self.change(name, writer) { user throws(PostgresError) in
                if let password { user.verifier = try password.verifier }
                if let roles { user.roles = roles.rawValue }
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
