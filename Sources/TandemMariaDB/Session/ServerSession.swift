import CMariaDB
import Glibc
import TandemThreads
import TandemTransactions

/// A connection of the library's, and the waiting for it. Used on its connection's thread only.
///
/// The library's non-blocking calls are used, so that the thread can look up while it waits: a cancelled statement is
/// ended by `KILL QUERY` from a second connection, which this thread opens, and whose answer it has before it goes on
/// to wait for the statement's. So a KILL never hits the next statement.
final class ServerSession {
    let handle: UnsafeMutablePointer<MYSQL>
    let host: ConnectionParameters.Host
    let parameters: ConnectionParameters
    let executor: ThreadExecutor
    /// Known once the connection has been made.
    var identity: ServerIdentity?
    /// Whether it broke, or was given up.
    private(set) var isBroken = false
    /// What went wrong last.
    var lastReport: MariaDBFailure.Report?
    private var isClosed = false
    /// How long the server may take to end a statement that was cancelled, and to answer the request for it.
    var cancelTimeout = StatementWatch.grace

    /// Makes no connection yet.
    init(to host: ConnectionParameters.Host, _ parameters: ConnectionParameters, on executor: ThreadExecutor) throws {
        guard MariaDBLibrary.isReady, let handle = mysql_init(nil) else {
            throw MariaDBFailure.connectionLost("libmariadb has no memory for a connection")
        }
        self.handle = handle
        self.host = host
        self.parameters = parameters
        self.executor = executor
    }

    deinit { close() }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        isBroken = true
        mysql_close(handle)
    }

    /// It is not used any more, except to be closed.
    func becameUseless() { isBroken = true }

    // MARK: Waiting

    enum Interruption {
        /// The server is told to end the statement.
        case killStatement
        /// The connection is given up.
        case abandon
    }

    /// Runs a call to its end.
    ///
    /// - Throws: ``DatabaseError`` where the connection was given up; what became of the call itself, its caller sees.
    func run(
        _ call: LibraryCall, _ watch: inout StatementWatch, atInterruption interruption: Interruption = .killStatement
    ) throws {
        var waits = call.start()
        while waits != 0 {
            switch watch.stillRunning(at: .now, isTaskCancelled: Task.isCancelled) {
            case .cancel:
                if interruption == .killStatement, killStatement() { continue }
                abandon(call)
                throw MariaDBFailure.abandoned(watch.reason, couldKill: interruption == .killStatement ? false : nil)
            case .giveUp(let reason):
                abandon(call)
                throw MariaDBFailure.unanswered(reason, in: cancelTimeout)
            case .wait(let end):
                let wakeup = executor.wait(
                    for: mysql_get_socket(handle), events: LibraryCall.events(waits), until: end)
                guard case .ready(let events) = wakeup else { continue }
                waits = call.resume(LibraryCall.happened(events, of: waits))
            }
        }
    }

    /// Ends a call that is under way. The library breaks the connection then.
    private func abandon(_ call: LibraryCall) {
        isBroken = true
        var rounds = 0
        while call.resume(Int32(MYSQL_WAIT_TIMEOUT)) != 0, rounds < 100 { rounds += 1 }
    }
}
