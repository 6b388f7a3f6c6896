import NIOCore

/// The frontend's side of one connection: start-up, simple queries, and CopyBoth.
///
/// A struct machine without I/O. One query at a time: the owner keeps those that wait.
struct ClientStateMachine {
    enum State {
        /// The StartupMessage was sent. Goes to ``proving(_:)`` or ``greeting(_:)``.
        case authenticating
        /// The password is being proved, and the server proves that it knows it, too. Goes to ``greeting(_:)``.
        case proving(ScramClientMachine)
        /// The user is let in; parameters and key come. Goes to ``idle``.
        case greeting(key: BackendKey?)
        /// Nothing is asked. Goes to ``query(_:)`` and ``startingCopy(_:)``.
        case idle
        /// A Query was sent. Goes to ``idle``.
        case query(Answer)
        /// A Query was sent that is to begin CopyBoth. Goes to ``copyBoth(ownDone:theirDone:)`` or ``idle``.
        case startingCopy(PostgresError?)
        /// CopyData goes both ways. Goes to ``endingCopy(_:)`` when both sides are done.
        case copyBoth(ownDone: Bool, theirDone: Bool)
        /// The stream is over; CommandComplete and ReadyForQuery come. Goes to ``idle``.
        case endingCopy(PostgresError?)
        /// Final.
        case closed
    }

    /// What has come of a query's answer.
    struct Answer {
        var results: [QueryResult] = []
        /// The statement whose rows come.
        var current: QueryResult?
        var error: PostgresError?
        /// Bytes of values kept.
        var byteCount = 0
    }

    enum Action {
        case wait
        /// Send this as a password message.
        case sendPassword(ByteBuffer)
        /// The session has begun.
        case started(BackendKey?)
        /// The server tells a setting.
        case parameterStatus(name: String, value: String)
        case notice(PostgresError)
        /// The query is over.
        case finish(Result<[QueryResult], PostgresError>)
        /// CopyBoth has begun.
        case copyStarted
        /// CopyBoth was refused; the connection is idle.
        case copyRefused(PostgresError)
        case copyData(ByteBuffer)
        /// The server is done; the owner may still send, and then sends CopyDone.
        case copyDone
        /// The stream is over; the connection is idle.
        case copyEnded(PostgresError?)
        /// The connection is of no use any more: close it, and tell all who wait.
        case fail(PostgresError)
    }

    var state = State.authenticating
    var transactionStatus = TransactionStatus.idle
    /// How many bytes of values a query's answer may have.
    let maximumResultBytes: Int
    /// What the server may ask to be proved.
    let password: String?
    /// The data of `tls-server-end-point`; nil without TLS or where none is defined.
    let channelBinding: [UInt8]?

    init(maximumResultBytes: Int, password: String? = nil, channelBinding: [UInt8]? = nil) {
        self.maximumResultBytes = maximumResultBytes
        self.password = password
        self.channelBinding = channelBinding
    }

    var isIdle: Bool {
        if case .idle = state { return true }
        return false
    }

    // MARK: What the owner does

    mutating func querySent() {
        guard case .idle = state else { preconditionFailure("a query was sent while the connection was busy") }
        state = .query(Answer())
    }

    mutating func copyCommandSent() {
        guard case .idle = state else { preconditionFailure("a query was sent while the connection was busy") }
        state = .startingCopy(nil)
    }

    /// CopyDone was sent. False if there is no stream to end.
    mutating func copyDoneSent() -> Bool {
        guard case .copyBoth(ownDone: false, let theirDone) = state else { return false }
        state = theirDone ? .endingCopy(nil) : .copyBoth(ownDone: true, theirDone: false)
        return true
    }

    mutating func closed() { state = .closed }

    // MARK: What the server says

    mutating func messageReceived(_ message: BackendMessage) -> Action {
        switch message {
        case .noticeResponse(let notice): return .notice(notice)
        case .parameterStatus(let name, let value): return .parameterStatus(name: name, value: value)
        case .notificationResponse: return .wait
        case .errorResponse(let error) where error.severity.endsSession: return fail(error)
        default: break
        }
        switch state {
        case .authenticating: return duringAuthentication(message)
        case .proving(let scram): return whileProving(message, scram)
        case .greeting(let key): return duringGreeting(message, key)
        case .idle:
            if case .errorResponse(let error) = message { return fail(error) }
            return unexpected(message)
        case .query(let answer):
            // The answer is moved out and in again, so that its rows are not copied at each message.
            state = .closed
            return duringQuery(message, answer)
        case .startingCopy(let error): return whileStartingCopy(message, error)
        case .copyBoth(let ownDone, let theirDone):
            return duringCopy(message, ownDone: ownDone, theirDone: theirDone)
        case .endingCopy(let error): return whileEndingCopy(message, error)
        case .closed: return .wait
        }
    }

    mutating func fail(_ error: PostgresError) -> Action {
        state = .closed
        return .fail(error)
    }

    mutating func unexpected(_ message: BackendMessage) -> Action {
        fail(.fatalViolation("the server sent a message that has no place here"))
    }
}
