import NIOConcurrencyHelpers
import TandemLog

/// Has the users looked at again whenever the database has changed.
final class UserWatch: Sendable {
    /// So often they are looked at after each change: readers see it later than it is told, on a machine that does much else
    /// by more than one look.
    private static let looks = 20

    private let seen = NIOLockedValueBox<(applied: LogIndex?, looksLeft: Int)>((nil, 0))

    /// To be called now and then; cheap where nothing has happened.
    func look(at applied: LogIndex, _ users: UserDirectory, _ sessions: SessionRecords) {
        let mustLook = seen.withLockedValue { seen in
            let looksLeft = seen.applied == applied ? seen.looksLeft : Self.looks
            seen = (applied, max(0, looksLeft - 1))
            return looksLeft > 0
        }
        if mustLook { users.refresh(for: sessions) }
    }
}
