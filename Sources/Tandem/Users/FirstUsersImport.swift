import Logging
import NIOConcurrencyHelpers
import TandemLog
import TandemReplication
import TandemSQLite

/// Brings the users of the node's file into its group, once the node is the primary: one transaction, which like any
/// other waits for its acknowledgements. Until then, and if it fails, the file stays.
final class FirstUsersImport: Sendable {
    private let users: FirstUsers
    private let services: NodeServices
    private let logger: Logger
    private let isUnderWay = NIOLockedValueBox(false)

    init(users: FirstUsers, services: NodeServices, logger: Logger) {
        self.users = users
        self.services = services
        self.logger = logger
    }

    /// To be called now and then; cheap where there is nothing to do.
    func attempt() {
        guard !users.isEmpty, services.state.progress.servesWrites else { return }
        let mayBegin = isUnderWay.withLockedValue { isUnderWay in
            defer { isUnderWay = true }
            return !isUnderWay
        }
        guard mayBegin else { return }
        services.database.submit(
            FirstUsersTransaction(users.all, waitDeadline: services.waitDeadline(nil)) { self.ended($0) })
    }

    private func ended(_ outcome: CommitOutcome) {
        defer { isUnderWay.withLockedValue { $0 = false } }
        guard case .committed = outcome else { return }
        do {
            let names = users.all.map(\.name)
            try users.imported()
            logger.notice("first users are in the group's database now", metadata: ["users": "\(names)"])
        } catch {
            logger.error("first users stay in their file", metadata: ["reason": "\(error.message)"])
        }
    }
}

/// Writes users whom nobody but the file knows yet, or has forgotten the password of.
private final class FirstUsersTransaction: CompletableTransaction {
    let isInteractive = false
    let waitDeadline: ContinuousClock.Instant?
    let commitTimeout: Duration? = nil
    private let users: [StoredUser]
    private let ended: @Sendable (CommitOutcome) -> Void

    init(
        _ users: [StoredUser], waitDeadline: ContinuousClock.Instant,
        ended: @escaping @Sendable (CommitOutcome) -> Void
    ) {
        self.users = users
        self.waitDeadline = waitDeadline
        self.ended = ended
    }

    func execute(on connection: WriterConnection) throws {
        if try connection.user(UserDirectory.secretName) == nil { try connection.write(UserDirectory.newSecret()) }
        for user in users { try connection.write(user) }
    }

    func complete(_ outcome: CommitOutcome) { ended(outcome) }
    func commitIsWaiting(_ position: Position?) {}
    func turnIsWaiting() {}
    func threadStops() {}
}
