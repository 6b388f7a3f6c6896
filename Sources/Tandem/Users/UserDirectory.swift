import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import PostgresWire
import TandemSQLite

/// Says how users prove who they are, and what they may do: from the database, as it was committed here, and from the
/// file of first users.
///
/// It has a thread and a reader of its own: log-ins do not wait for clients' queries.
final class UserDirectory: Sendable {
    /// The name under which the secret of the fake salts is kept; no user's can be empty.
    static let secretName = ""

    /// Whether everybody is let in as long as there is no user at all.
    private let trustsWithoutUsers: Bool
    private let firstUsers: FirstUsers
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let reader: Reader
    /// What sessions that are open go by.
    let known: KnownUsers
    /// Used until the group has one of its own.
    private let localSecret = ScramRandom.bytes(32)

    /// Touched on the directory's thread alone, which is what protects it.
    private final class Reader: @unchecked Sendable {
        let path: String
        let options: ConnectionOptions
        private var connection: ReaderConnection?

        init(path: String, options: ConnectionOptions) {
            self.path = path
            self.options = options
        }

        func use<Result>(_ body: (ReaderConnection) throws -> Result) throws -> Result {
            let connection = try self.connection ?? ReaderConnection(path: path, options: options)
            self.connection = connection
            return try body(connection)
        }

        func close() {
            try? connection?.close()
            connection = nil
        }
    }

    init(database: String, options: ConnectionOptions, firstUsers: FirstUsers, trustsWithoutUsers: Bool) {
        var options = options
        options.readerCacheSize = 64
        options.statementCacheCapacity = 1
        reader = Reader(path: database, options: options)
        self.firstUsers = firstUsers
        known = KnownUsers(firstUsers: firstUsers)
        self.trustsWithoutUsers = trustsWithoutUsers
        thread.start()
    }

    /// How the user of a StartupMessage proves who he is.
    func authenticate(_ startup: StartupMessage, on loop: any EventLoop) -> EventLoopFuture<PostgresUser> {
        thread.runIfActive(eventLoop: loop) { try self.look(up: startup.user) }.flatMapErrorThrowing { error in
            throw PostgresError(mapping: error).asFatal
        }
    }

    /// Looks at the users again, for ``known``, and ends the sessions of those who are no more. Log-ins are looked up by
    /// the same thread, so that a user who has just logged in is among them.
    func refresh(for sessions: SessionRecords) {
        thread.submit { state in
            guard case .active = state, let users = try? self.reader.use({ try $0.users() }) else { return }
            if let changed = self.known.seen(users) { sessions.end(removedFrom: changed) }
        }
    }

    /// Whether there is nobody who could log in.
    func hasNoUsers() throws -> Bool {
        try firstUsers.isEmpty && reader.use { try $0.hasNoUsers() }
    }

    func close() async {
        try? await thread.runIfActive { self.reader.close() }
        try? await thread.shutdownGracefully()
    }

    private func look(up name: String) throws -> PostgresUser {
        if let user = firstUsers[name] { return Self.known(user) ?? unknown(name, localSecret) }
        return try reader.use { reader in
            if let user = try reader.user(name), name != Self.secretName, var known = Self.known(user) {
                known.attributes = StoredRoles(
                    roles: UserRoles(rawValue: user.roles).complete, version: self.known.version)
                return known
            }
            if trustsWithoutUsers, firstUsers.isEmpty, try reader.hasNoUsers() {
                return PostgresUser(.trust, attributes: UserRoles.all)
            }
            let secret = try reader.user(Self.secretName)?.verifier.map { Array($0.utf8) }
            return unknown(name, secret ?? localSecret)
        }
    }

    private static func known(_ user: StoredUser) -> PostgresUser? {
        guard let verifier = user.verifier.flatMap({ ScramVerifier($0) }) else { return nil }
        return PostgresUser(.password(verifier), attributes: UserRoles(rawValue: user.roles).complete)
    }

    private func unknown(_ name: String, _ secret: [UInt8]) -> PostgresUser {
        PostgresUser(.password(.unknownUser(name, secret: secret)), attributes: UserRoles())
    }

    /// A secret for a group that has none yet.
    static func newSecret() -> StoredUser {
        let digits = ScramRandom.bytes(32).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }
        return StoredUser(name: secretName, verifier: digits.joined(), roles: 0)
    }
}
