import CTandemSQLite

/// The group's users, in a table of Tandem's own: captured and applied like any other, so that they are the same on
/// all nodes and change in the log's order.
///
/// Statements that come as text cannot name the table: verifiers are secrets, though not passwords.
enum UserTable {
    static let name = StatementPolicy.ownPrefix + "user"

    /// Makes the table, on each node alike.
    static let creation = """
        CREATE TABLE IF NOT EXISTS \(name)(name TEXT PRIMARY KEY, verifier TEXT, roles INTEGER NOT NULL) WITHOUT ROWID;
        """

    static func users(_ handle: OpaquePointer) throws(SQLiteError) -> [StoredUser] {
        let statement = try OwnStatement(handle, "SELECT name, verifier, roles FROM \(name) ORDER BY name")
        var users: [StoredUser] = []
        while try statement.step() { users.append(user(statement)) }
        return users
    }

    static func find(_ user: String, _ handle: OpaquePointer) throws(SQLiteError) -> StoredUser? {
        let statement = try OwnStatement(handle, "SELECT name, verifier, roles FROM \(name) WHERE name = ?1")
        statement.bind(user, at: 1)
        return try statement.step() ? self.user(statement) : nil
    }

    static func isEmpty(_ handle: OpaquePointer) throws(SQLiteError) -> Bool {
        try !OwnStatement(handle, "SELECT 1 FROM \(name) LIMIT 1").step()
    }

    private static func user(_ statement: OwnStatement) -> StoredUser {
        StoredUser(
            name: statement.text(0), verifier: statement.isNull(1) ? nil : statement.text(1),
            roles: Int(statement.int64(2)))
    }
}

extension ReaderConnection {
    /// The user of that name; nil if there is none.
    public func user(_ name: String) throws(SQLiteError) -> StoredUser? {
        try connection.userTable.lift { () throws(SQLiteError) in try UserTable.find(name, connection.handle) }
    }

    /// All users, in the order of their names.
    public func users() throws(SQLiteError) -> [StoredUser] {
        try connection.userTable.lift { () throws(SQLiteError) in try UserTable.users(connection.handle) }
    }

    public func hasNoUsers() throws(SQLiteError) -> Bool {
        try connection.userTable.lift { () throws(SQLiteError) in try UserTable.isEmpty(connection.handle) }
    }
}

extension WriterConnection {
    /// Inside of a transaction: the user of that name; nil if there is none.
    public func user(_ name: String) throws(SQLiteError) -> StoredUser? {
        try UserTable.find(name, connection.handle)
    }

    /// Inside of a transaction: all users, in the order of their names.
    public func users() throws(SQLiteError) -> [StoredUser] { try UserTable.users(connection.handle) }

    /// Inside of a transaction: keeps the user, in the place of one of the same name.
    public func write(_ user: StoredUser) throws(SQLiteError) {
        try remove(user: user.name)
        let statement = try OwnStatement(
            connection.handle, "INSERT INTO \(UserTable.name) VALUES (?1, \(user.verifier == nil ? "NULL" : "?3"), ?2)")
        statement.bind(user.name, at: 1)
        statement.bind(Int64(user.roles), at: 2)
        if let verifier = user.verifier { statement.bind(verifier, at: 3) }
        try changingUsers { () throws(SQLiteError) in try statement.run() }
    }

    /// Inside of a transaction: forgets the user.
    public func remove(user name: String) throws(SQLiteError) {
        let statement = try OwnStatement(connection.handle, "DELETE FROM \(UserTable.name) WHERE name = ?1")
        statement.bind(name, at: 1)
        try changingUsers { () throws(SQLiteError) in try statement.run() }
    }

    private func changingUsers(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        capture.allowsUserTable = true
        defer { capture.allowsUserTable = false }
        try body()
        if let failure = capture.failure { throw failure }
    }
}
