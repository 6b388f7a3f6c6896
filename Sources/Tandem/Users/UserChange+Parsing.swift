import PostgresWire

extension UserChange {
    /// CREATE | ALTER | DROP ROLE | USER …, GRANT role TO user, REVOKE role FROM user; nil for other statements that
    /// begin with these words.
    init?(parsing words: inout WordCursor) throws(PostgresError) {
        let verb = words.next()
        switch verb {
        case "create", "alter", "drop":
            guard words.skip("role") || words.skip("user") else { return nil }
            if verb == "drop" {
                let ifExists = words.skip("if")
                if ifExists { words.skip("exists") }
                self = .drop(names: try Self.names(&words), ifExists: ifExists)
                return
            }
            let name = try Self.name(&words)
            words.skip("with")
            let (password, options) = try Self.options(&words)
            self =
                verb == "create"
                ? .create(
                    name: name, password: password,
                    roles: (options.given.isEmpty ? .ordinary : options.given).complete)
                : .alter(name: name, password: password, options)
        case "grant", "revoke":
            try Self.refusePrivileges(words)
            let roles = try Self.roles(&words)
            guard words.skip(verb == "grant" ? "to" : "from") else { throw words.syntaxError() }
            let names = try Self.names(&words)
            self = verb == "grant" ? .grant(roles, to: names) : .revoke(roles, from: names)
        default: return nil
        }
    }

    /// `GRANT SELECT ON table TO user`
    private static func refusePrivileges(_ words: WordCursor) throws(PostgresError) {
        var words = words
        while let word = words.next() {
            guard word != "on" else {
                throw PostgresError(
                    code: .featureNotSupported, message: "privileges on single tables and objects are not supported",
                    hint: "A user's roles hold for the whole database: GRANT read TO name, or write, administrate, "
                        + "replicate. Users are made by CREATE USER name PASSWORD '…'.")
            }
        }
    }

    private static func name(_ words: inout WordCursor) throws(PostgresError) -> String {
        let name = try words.name()
        // PostgreSQL's names end there; longer ones would be cut off by clients.
        guard !name.isEmpty, name.utf8.count <= 63 else {
            throw PostgresError(code: SQLState("42602"), message: "the name of a user has 1 to 63 bytes")
        }
        return name
    }

    private static func names(_ words: inout WordCursor) throws(PostgresError) -> [String] {
        var names = [try name(&words)]
        while words.skip(",") { names.append(try name(&words)) }
        guard words.peek == nil else { throw words.syntaxError() }
        return names
    }

    private static func roles(_ words: inout WordCursor) throws(PostgresError) -> UserRoles {
        var roles: UserRoles = []
        repeat {
            let name = try words.name()
            guard let role = UserRoles(named: name) ?? predefined[name] else {
                throw PostgresError(
                    code: .undefinedObject, message: "role \"\(name)\" does not exist",
                    hint: "The roles of Tandem are read, write, administrate and replicate.")
            }
            roles.formUnion(role)
        } while words.skip(",")
        return roles
    }

    /// Roles that PostgreSQL has from the beginning.
    private static let predefined: [String: UserRoles] = [
        "pg_read_all_data": .read, "pg_write_all_data": [.read, .write],
    ]

    private static func options(
        _ words: inout WordCursor
    ) throws(PostgresError) -> (password: Password?, options: Options) {
        var password: Password?
        var options = Options()
        while let word = words.next() {
            switch word {
            case "password":
                if words.skip("null") { password = Password.none } else { password = .text(try words.name()) }
            case "encrypted": continue
            case "superuser", "createrole": options.given.formUnion(.administrate)
            case "nosuperuser", "nocreaterole": options.taken.formUnion(.administrate)
            case "replication": options.given.formUnion(.replicate)
            case "noreplication": options.taken.formUnion(.replicate)
            case "in":
                guard words.skip("role") || words.skip("group") else { throw words.syntaxError() }
                options.given.formUnion(try self.roles(&words))
            case "login", "inherit", "noinherit", "createdb", "nocreatedb", "nobypassrls": continue
            default:
                throw PostgresError(
                    code: .featureNotSupported, message: "\(word.uppercased()) of a role is not supported",
                    hint: "PASSWORD, SUPERUSER, REPLICATION and IN ROLE read, write, administrate, replicate are.")
            }
        }
        return (password, options)
    }
}
