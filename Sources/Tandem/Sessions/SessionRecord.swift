import NIOConcurrencyHelpers
import PostgresWire
import TandemSQLite

/// What others may see of a session: a row of `pg_stat_activity`.
final class SessionRecord: Sendable {
    /// Who the session is, from its start on.
    struct Identity: Sendable {
        var processID: Int32
        var user: String
        var database: String
        var address: String?
        var port: Int?
        var started = WallClock.now
        /// The version of ``KnownUsers`` that knew the user; nil for who is let in without one.
        var userVersion: Int?
    }

    private struct Activity: Sendable {
        var applicationName: String
        /// PostgreSQL's words: active, idle, idle in transaction, idle in transaction (aborted).
        var state = "idle"
        /// The statement that runs, or ran last.
        var query = ""
        var queryStarted: WallClock?
        /// When the open transaction began, or the statement that runs without one; nil for neither.
        var transactionStarted: WallClock?
        var changed = WallClock.now
    }

    let identity: Identity
    /// By which the session is told what others want of it.
    let channel: PostgresChannel
    private let activity: NIOLockedValueBox<Activity>

    init(_ identity: Identity, applicationName: String, channel: PostgresChannel) {
        self.identity = identity
        self.channel = channel
        activity = NIOLockedValueBox(Activity(applicationName: applicationName))
    }

    /// A statement begins.
    func statementBegan(_ query: String) {
        let now = WallClock.now
        activity.withLockedValue { activity in
            activity.state = "active"
            activity.query = query
            activity.queryStarted = now
            activity.transactionStarted = activity.transactionStarted ?? now
            activity.changed = now
        }
    }

    /// The client is waited for, in a transaction or outside of any.
    func becameIdle(_ status: TransactionStatus) {
        let now = WallClock.now
        let state = status.words
        activity.withLockedValue { activity in
            if status == .idle { activity.transactionStarted = nil }
            guard activity.state != state else { return }
            activity.state = state
            activity.changed = now
        }
    }

    func applicationNameChanged(_ name: String) { activity.withLockedValue { $0.applicationName = name } }

    /// - Parameter user: who asks. What others run is theirs, as in PostgreSQL.
    func json(for user: String) -> String {
        let activity = activity.withLockedValue { $0 }
        let isOwn = user == identity.user
        return JSONText.object([
            ("pid", String(identity.processID)), ("datname", identity.database), ("usename", identity.user),
            ("application_name", activity.applicationName), ("client_addr", identity.address),
            ("client_port", identity.port.map { String($0) }), ("backend_start", identity.started.text),
            ("xact_start", isOwn ? activity.transactionStarted?.text : nil),
            ("query_start", isOwn ? activity.queryStarted?.text : nil),
            ("state_change", isOwn ? activity.changed.text : nil), ("state", isOwn ? activity.state : nil),
            ("query", isOwn ? String(activity.query.prefix(1024)) : "<insufficient privilege>"),
            ("backend_type", "client backend"),
        ])
    }
}
