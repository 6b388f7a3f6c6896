import NIOConcurrencyHelpers
import TandemLog

/// Has the users looked at again whenever the database has changed.
final class UserWatch: Sendable {
    private let seen = NIOLockedValueBox<(applied: LogIndex?, isNews: Bool)>((nil, false))

    /// To be called now and then; cheap where nothing has happened.
    func look(at applied: LogIndex, _ users: UserDirectory, _ sessions: SessionRecords) {
        let mustLook = seen.withLockedValue { seen in
            let isNews = seen.applied != applied
            // Once more after each change: readers may see it a moment later than it is told.
            defer { seen = (applied, isNews) }
            return isNews || seen.isNews
        }
        if mustLook { users.refresh(for: sessions) }
    }
}
