import NIOConcurrencyHelpers
import TandemSQLite

/// The users as they were committed here not long ago: what sessions that are open look at, so that they need not wait
/// for the database.
final class KnownUsers: Sendable {
    struct Users: Sendable {
        /// Counts the changes; 0 before the first look.
        var version = 0
        var all: [StoredUser] = []

        func roles(of name: String) -> UserRoles? {
            all.first { $0.name == name }.map { UserRoles(rawValue: $0.roles).complete }
        }
    }

    private let users = NIOLockedValueBox(Users())
    /// Users of the node's file, who may not be in the database yet.
    let firstUsers: FirstUsers

    init(firstUsers: FirstUsers) { self.firstUsers = firstUsers }

    var current: Users { users.withLockedValue { $0 } }
    var version: Int { users.withLockedValue { $0.version } }

    /// The database was looked at: a change is a new version.
    ///
    /// - Returns: the new version; nil if nothing has changed.
    func seen(_ all: [StoredUser]) -> Users? {
        let kept = all.filter { $0.name != UserDirectory.secretName }
        return users.withLockedValue { users in
            guard users.all != kept || users.version == 0 else { return nil }
            users.all = kept
            users.version += 1
            return users
        }
    }
}

/// What the directory says of a user whose place is in the database.
struct StoredRoles: Sendable {
    var roles: UserRoles
    /// The version of ``KnownUsers`` before which the user was looked up.
    var version: Int
}
