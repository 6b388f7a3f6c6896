import PostgresWire
import TandemSQLite

// CREATE ROLE and its like: on the writer, in the transaction that is open, logged like rows.
extension SessionEngine {
    func carryOut(_ change: UserChange, on access: SessionAccess) throws(PostgresError) -> SessionStop? {
        try refreshUser()
        if !change.isOwnPassword(of: user.name) { try user.require(.administrate, for: change.tag) }
        guard node.takesWrites, block?.isReadOnly != true, !settings.defaultsToReadOnly else {
            let message = "cannot execute \(change.tag) in a read-only transaction"
            throw node.takesWrites
                ? PostgresError(code: .readOnlySQLTransaction, message: message) : refusalOfReplica(message)
        }
        guard case .writer(let writer) = access else { return .needsWriter }
        // What it has waited for the writer counts for no later statement.
        deadline = nil
        do {
            try change.carryOut(on: writer, beside: node.users.firstUsers)
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

    func showUsers(on access: SessionAccess, _ request: RowRequest) throws(PostgresError) -> SessionStop? {
        try refreshUser()
        try user.require(.administrate, for: "SHOW \(Self.usersTable)")
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
        try show(Self.table(of: users), request)
        return nil
    }
}
