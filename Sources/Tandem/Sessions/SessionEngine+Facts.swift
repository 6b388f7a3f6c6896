import PostgresWire
import TandemSQLite

// What the SQL function tandem_session(name) answers.
extension SessionEngine {
    func fact(_ name: String) throws(SQLiteError) -> String? {
        let identity = record.identity
        if let colon = name.firstIndex(of: ":") {
            let (what, rest) = (name[..<colon], name[name.index(after: colon)...])
            if what == "cancel" || what == "terminate" { return try signal(rest, ends: what == "terminate") }
            if what == "currval" { return try currentKey(rest) }
            if what == "lock" { return try advisoryAnswer(to: rest) }
            if what == "blocking" { return node.advisoryLocks.blockers(of: Int32(rest) ?? 0) }
            if what == "log file" { return node.logFile(at: rest) }
            return try setting(what, rest)
        }
        switch name {
        case "user": return identity.user
        case "superuser": return user.roles.contains(.administrate) ? "1" : "0"
        case "replicates": return user.roles.contains(.replicate) ? "1" : "0"
        case "database": return identity.database
        case "no lastval": throw noLastKey()
        case "pid": return String(identity.processID)
        case "client address": return identity.address
        case "client port": return identity.port.map { String($0) }
        case "server address": return channel.localAddress?.ipAddress
        case "server port": return channel.localAddress?.port.map { String($0) }
        case "version": return "PostgreSQL \(SessionSettings.serverVersion), SQLite \(SQLiteVersion.current)"
        case "settings": return settingsTold
        case "users": return users
        case "activity": return node.sessions.json(for: identity.user)
        case "locks": return node.advisoryLocks.json
        case "log files", "statistics reset": return try administratorFact(name)
        default: return node.fact(name)
        }
    }

    /// All users, as `pg_roles` has them. What others may do is for administrators, as it is everywhere here.
    private var users: String {
        let administrates = user.roles.contains(.administrate)
        let own = StoredUser(name: user.name, verifier: nil, roles: user.roles.rawValue)
        var all = node.users.current.all.filter { $0.name != user.name }
        all.append(own)
        return JSONText.array(
            all.sorted { $0.name < $1.name }.enumerated().map { number, one in
                let isOwn = one.name == user.name
                let roles = administrates || isOwn ? UserRoles(rawValue: one.roles).complete : []
                return JSONText.object([
                    // All objects belong to who asks.
                    ("oid", isOwn ? "10" : String(16_000 + number)), ("name", one.name),
                    ("super", roles.contains(.administrate) ? "1" : "0"),
                    ("replicates", roles.contains(.replicate) ? "1" : "0"),
                    ("login", isOwn || one.verifier != nil ? "1" : "0"),
                ])
            })
    }

    /// `pg_cancel_backend` and `pg_terminate_backend`: of the own sessions, and by administrators of all.
    ///
    /// - Returns: whether there is such a session, as 0 or 1.
    private func signal(_ number: Substring, ends: Bool) throws(SQLiteError) -> String {
        guard let other = Int32(number).flatMap({ node.sessions[$0] }) else { return "0" }
        guard other.identity.user == user.name || user.roles.contains(.administrate) else {
            throw SQLiteError(
                .forbidden,
                "permission denied to \(ends ? "terminate" : "cancel") a session of another user: "
                    + "it needs the role administrate"
            )
        }
        guard other !== record else {
            // As in PostgreSQL the statement is what it hits: a row, and the end behind it, would be one too many.
            ownSignal = ends ? .adminShutdown : .canceled
            throw SQLiteError(.cancelled, "the statement asked for its own end")
        }
        if ends { other.channel.requestTermination(.adminShutdown) } else { other.channel.requestCancel() }
        return "1"
    }

    /// `current_setting`, and `set_config`, whose rest is `name=value`.
    private func setting(_ what: Substring, _ rest: Substring) throws(SQLiteError) -> String? {
        do throws(PostgresError) {
            switch what {
            case "setting": return try settingShown(String(rest))
            case "setting?":
                let name = rest.lowercased()
                let isKnown = SessionSettings.kinds[name] != nil || settings.value(of: name) != nil
                return isKnown ? try settingShown(name) : nil
            case "set", "set local":
                guard let equals = rest.firstIndex(of: "=") else { return nil }
                let name = String(rest[..<equals])
                // Outside of a block, what is local is gone with the statement.
                if what == "set" || block != nil {
                    try set(name, to: String(rest[rest.index(after: equals)...]), isLocal: what != "set")
                }
                return try settingShown(name)
            default: return nil
            }
        } catch {
            throw refused(error)
        }
    }

    /// A setting as `current_setting` tells it.
    private func settingShown(_ name: String) throws(PostgresError) -> String {
        switch name.lowercased() {
        case "transaction_isolation": return isolation
        case "transaction_read_only": return isReadOnly ? "on" : "off"
        default: return try settingValue(name)
        }
    }
}

extension TransactionStatus {
    /// As `pg_stat_activity` has it.
    var words: String {
        switch self {
        case .idle: "idle"
        case .inTransaction: "idle in transaction"
        case .failed: "idle in transaction (aborted)"
        }
    }
}
