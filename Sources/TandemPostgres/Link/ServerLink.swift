import CPQ
import Glibc
import Logging
import TandemThreads
import TandemTransactions

/// A libpq connection in non-blocking mode, on the thread of its connection: sends, waits, cancels, reads.
///
/// Once it throws it is closed: what the server would answer next is not known any more.
final class ServerLink {
    let pointer: OpaquePointer
    private let executor: ThreadExecutor
    private let notices: NoticeLog
    private var cancelRequest: CancelRequest?
    private var interruption = Interruption.cancelStatement
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

    // MARK: Steps

    /// What is done with steps that are cancelled, or late.
    enum Interruption {
        /// The server is told to end them.
        case cancelStatement
        /// The connection is given up, and the server goes on alone.
        case abandon
    }

    /// Sends the steps together, and waits for all of their answers. Where the server does not take a cancel request in time
    /// it is closed behind them.
    func run(
        _ steps: [LinkStep], _ watch: StatementWatch, atInterruption interruption: Interruption = .cancelStatement
    ) throws -> LinkRun {
        try checkOpen()
        notices.hasCommittedAlone = false
        self.interruption = interruption
        defer { self.interruption = .cancelStatement }
        var watch = watch
        if steps.count == 1 {
            try send(steps[0])
            try flush(&watch)
            let outcome = try collect(&watch)
            // Whatever becomes of the connection, what was answered is known.
            _ = waitForCancelRequest()
            return LinkRun(outcomes: [outcome], interruption: watch.reason)
        }
        guard PQenterPipelineMode(pointer) == 1 else { throw lost() }
        for step in steps { try send(step) }
        guard PQpipelineSync(pointer) == 1 else { throw lost() }
        try flush(&watch)
        var outcomes: [LinkOutcome] = []
        for _ in steps { outcomes.append(try collect(&watch)) }
        let end = try nextResult(&watch)
        guard let end, end.status == PGRES_PIPELINE_SYNC, PQexitPipelineMode(pointer) == 1 else {
            throw outOfStep()
        }
        _ = waitForCancelRequest()
        return LinkRun(outcomes: outcomes, interruption: watch.reason)
    }

    // MARK: Row by row

    /// Begins a statement whose rows are taken one after the other by ``nextResult(_:)``.
    func begin(_ step: LinkStep, _ watch: inout StatementWatch) throws {
        try checkOpen()
        notices.hasCommittedAlone = false
        try send(step)
        guard PQsetSingleRowMode(pointer) == 1 else { throw outOfStep() }
        try flush(&watch)
    }

    /// Whether the next result is here already.
    var hasResult: Bool { PQisBusy(pointer) == 0 }

    /// The next result; nil after a statement's last.
    func nextResult(_ watch: inout StatementWatch) throws -> ServerResult? {
        while PQisBusy(pointer) == 1 {
            if try wait(Int16(POLLIN), &watch), PQconsumeInput(pointer) == 0 { throw lost() }
        }
        guard let result = PQgetResult(pointer) else {
            if PQstatus(pointer) == CONNECTION_BAD { throw lost() }
            return nil
        }
        let answer = ServerResult(result)
        if PQstatus(pointer) == CONNECTION_BAD { throw lost(answer) }
        return answer
    }

    /// Ends a statement that was begun: what has not been read of it is thrown away.
    ///
    /// - Parameter cancels: whether the server shall stop, rather than run it to its end.
    func abandon(_ watch: inout StatementWatch, cancels: Bool) throws {
        if cancels, case .cancel = watch.abandoned(at: .now) {
            cancelRequest = CancelRequest(for: pointer, waking: executor)
        }
        while try nextResult(&watch) != nil {}
        try finishCancelling()
    }

    /// After a statement's last result: a cancel request that is under way must not meet the next statement.
    func finishCancelling() throws {
        guard waitForCancelRequest() else {
            throw PostgresFailure.connectionLost("the server did not take a cancel request; the connection is closed")
        }
    }

    /// - Returns: false where the request was not taken in time, and there can be no next statement.
    private func waitForCancelRequest() -> Bool {
        guard let request = cancelRequest else { return true }
        let end = ContinuousClock.now + cancelTimeout
        while !request.isDone {
            guard ContinuousClock.now < end else {
                close()
                return false
            }
            waitForSocket(events: 0, until: end)
        }
        cancelRequest = nil
        return true
    }

    /// Waits so long, or until the task is cancelled.
    func pause(until end: ContinuousClock.Instant) throws {
        while ContinuousClock.now < end, !Task.isCancelled { waitForSocket(events: 0, until: end) }
    }
}

extension ServerLink {
    // MARK: Sending and reading

    /// Writes what libpq holds, and reads meanwhile: the server may not read on before its answers are taken.
    private func flush(_ watch: inout StatementWatch) throws {
        while true {
            switch PQflush(pointer) {
            case 0: return
            case 1:
                if try wait(Int16(POLLIN | POLLOUT), &watch), PQconsumeInput(pointer) == 0 { throw lost() }
            default: throw lost()
            }
        }
    }

    /// Reads the results of one step.
    private func collect(_ watch: inout StatementWatch) throws -> LinkOutcome {
        var outcome: LinkOutcome?
        while let result = try nextResult(&watch) {
            switch result.status {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: outcome = .result(result)
            case PGRES_PIPELINE_ABORTED: outcome = .skipped
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                // There is no way to leave COPY but by its data; the connection is of no use to anybody else.
                close()
                throw PostgresFailure.unsupported("COPY is not supported over a data source's connection")
            default: outcome = .failure(result)
            }
        }
        guard let outcome else { throw outOfStep() }
        return outcome
    }

    // MARK: Waiting

    /// Waits for the socket; false where there is another reason to look again.
    private func wait(_ events: Int16, _ watch: inout StatementWatch) throws -> Bool {
        switch watch.stillRunning(at: .now, isTaskCancelled: Task.isCancelled) {
        case .wait(let end): return waitForSocket(events: events, until: end)
        case .cancel where interruption == .abandon:
            close()
            throw PostgresFailure.connectionLost("the server did not answer in time; the connection is closed")
        case .cancel:
            cancelRequest = CancelRequest(for: pointer, waking: executor)
            return false
        case .giveUp(let reason):
            close()
            throw PostgresFailure.unanswered(reason, in: cancelTimeout)
        }
    }

    /// Whether the socket is ready for `events`. Without events it is left out, or its end would keep the thread awake.
    @discardableResult
    func waitForSocket(events: Int16, until end: ContinuousClock.Instant?) -> Bool {
        switch executor.wait(for: events == 0 ? nil : PQsocket(pointer), events: events, until: end) {
        case .ready: events != 0
        case .woken, .deadlinePassed: false
        }
    }

    // MARK: Ends

    private func checkOpen() throws {
        guard !isClosed else { throw PostgresFailure.notSent("the connection has been closed") }
    }

    /// The connection is lost; says why as the server or libpq has it.
    func lost(_ result: ServerResult? = nil) -> DatabaseError {
        // The server's last words may have arrived, and be waiting to be read.
        var last = result
        while last == nil, let next = PQgetResult(pointer) {
            let result = ServerResult(next)
            if result.field(UInt8(ascii: "C")) != nil { last = result }
            if PQstatus(pointer) != CONNECTION_BAD { break }
        }
        let error = PostgresFailure.lost(last, String(cString: PQerrorMessage(pointer)))
        close()
        return error
    }

    private func outOfStep() -> DatabaseError {
        close()
        return PostgresFailure.connectionLost(
            "the server's answers do not fit what it was asked; the connection is closed")
    }
}
