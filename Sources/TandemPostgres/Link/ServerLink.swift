import CPQ
import Glibc
import Logging
import TandemThreads
import TandemTransactions

/// A libpq connection in non-blocking mode: sends, waits, cancels, reads. Where it waits it is on the thread of its connection,
/// but for a ``BriefWait``.
///
/// Once it throws it is closed: what the server would answer next is not known any more.
final class ServerLink {
    let pointer: OpaquePointer
    let executor: ThreadExecutor
    let notices: NoticeLog
    /// The one that is under way, or was; nil once it is known to be done.
    var cancelRequest: CancelRequest?
    /// Results that have come before they were asked for; nil behind a statement's last.
    var arrived: [ServerResult?] = []
    /// What is done with the steps under way.
    var interruption = Interruption.cancelStatement
    private(set) var isClosed = false
    /// How long a cancel request may take.
    var cancelTimeout = StatementWatch.grace

    /// Connects to one server.
    init(
        _ parameters: [(String, String)], executor: ThreadExecutor, logger: Logger, deadline: ContinuousClock.Instant
    ) throws {
        self.executor = executor
        notices = NoticeLog(logger)
        var keywords: [UnsafePointer<CChar>?] = []
        var values: [UnsafePointer<CChar>?] = []
        defer { for string in keywords + values { free(UnsafeMutableRawPointer(mutating: string)) } }
        for (keyword, value) in parameters {
            keywords.append(UnsafePointer(strdup(keyword)))
            values.append(UnsafePointer(strdup(value)))
        }
        guard let pointer = PQconnectStartParams(keywords + [nil], values + [nil], 0) else {
            throw PostgresFailure.noResources("memory", ENOMEM)
        }
        self.pointer = pointer
        // Only so does the text of a refusal carry its SQLSTATE.
        PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
        PQsetNoticeReceiver(pointer, NoticeLog.receiver, Unmanaged.passUnretained(notices).toOpaque())
        try connect(until: deadline)
        PQsetErrorVerbosity(pointer, PQERRORS_DEFAULT)
        PQsetnonblocking(pointer, 1)
    }

    deinit { close() }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        arrived.removeAll()
        PQfinish(pointer)
    }

    /// What the server says of itself without being asked.
    func serverParameter(_ name: String) -> String? {
        isClosed ? nil : PQparameterStatus(pointer, name).map { String(cString: $0) }
    }

    var transactionStatus: PGTransactionStatusType { isClosed ? PQTRANS_UNKNOWN : PQtransactionStatus(pointer) }

    /// Takes what the server has said meanwhile, such as that it ends the connection.
    ///
    /// - Throws: where the connection is lost.
    func takeNews() throws {
        try checkOpen()
        guard cpq_is_readable(PQsocket(pointer)) != 0 else { return }
        if PQconsumeInput(pointer) == 0 || PQstatus(pointer) == CONNECTION_BAD { throw lost() }
        // Parses what has arrived: notices, changed parameters, the reason of an end.
        _ = PQisBusy(pointer)
        // An end without a reason shows when there is nothing to read although there was something to poll.
        guard cpq_is_readable(PQsocket(pointer)) != 0 else { return }
        if PQconsumeInput(pointer) == 0 || PQstatus(pointer) == CONNECTION_BAD { throw lost() }
    }

    /// Whether the server has committed without its synchronous standby what was run last: the wait for it was cancelled.
    var hasCommittedAlone: Bool { notices.hasCommittedAlone }

    // MARK: Ends

    func checkOpen() throws {
        guard !isClosed else { throw PostgresFailure.notSent("the connection has been closed") }
    }

    /// The connection is lost; says why as the server or libpq has it.
    func lost(_ result: ServerResult? = nil) -> DatabaseError {
        // The server's last words may have arrived, and be waiting to be read. Where the connection stands, as when something
        // could not be sent, others are not waited for.
        var last = result
        while last == nil, PQstatus(pointer) == CONNECTION_BAD || PQisBusy(pointer) == 0,
            let next = PQgetResult(pointer)
        {
            let result = ServerResult(next)
            if result.field(UInt8(ascii: "C")) != nil { last = result }
            if PQstatus(pointer) != CONNECTION_BAD { break }
        }
        let error = PostgresFailure.lost(last, String(cString: PQerrorMessage(pointer)))
        close()
        return error
    }

    /// The server's answers are not those to what it was asked.
    func outOfStep() -> DatabaseError {
        close()
        return PostgresFailure.connectionLost(
            "the server's answers do not fit what it was asked; the connection is closed")
    }
}
