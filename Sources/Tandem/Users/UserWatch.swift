import NIOConcurrencyHelpers
import TandemLog

/// Has the users looked at again whenever the database has changed.
final class UserWatch: Sendable {
    private let seen = NIOLockedValueBox<LogIndex?>(nil)

    /// To be called now and then; cheap where nothing has happened.
    func look(at applied: LogIndex, _ users: UserDirectory) {
        let isNew = seen.withLockedValue { seen in
            defer { seen = applied }
            return seen != applied
        }
        if isNew { users.refresh() }
    }
}
