/// The state of one session: prepared statements and portals, what is ignored after an error, copy modes, and the
/// transaction status.
///
/// A struct machine without I/O, generic over what a statement and a portal hold. The owner gives it the messages in
/// their order, does what the ``Action`` says, and reports how it went before it gives the next message (messages that
/// come meanwhile are the owner's to keep; only a Terminate may be given at any time):
///
/// | action | reported by |
/// | --- | --- |
/// | ``Action/prepare(_:)`` | ``statementPrepared(_:_:)`` or ``errorRaised(_:)`` |
/// | ``Action/bind(_:_:)`` | ``portalBound(_:_:)`` or ``errorRaised(_:)`` |
/// | ``Action/describeStatement(_:)``, ``Action/describePortal(_:)``, ``Action/execute(_:portal:maximumRows:)`` | nothing, or ``errorRaised(_:)`` |
/// | ``Action/query(_:)`` | ``readyForQuery(_:)``; ``errorRaised(_:)`` before it if it failed |
/// | ``Action/sync`` | ``readyForQuery(_:)`` |
/// | ``Action/fail(_:_:)`` | as its second part says |
public struct SessionStateMachine<Statement, Portal> {
    /// How many prepared statements and portals a session may hold.
    public struct Limits: Hashable, Sendable {
        /// Default 10,000.
        public var statements = 10_000
        /// Default 10,000.
        public var portals = 10_000

        public init() {}
    }

    public enum State: Hashable, Sendable {
        /// ReadyForQuery was sent last. Goes to any other.
        case idle
        /// A Query or FunctionCall is being worked on. Goes to ``idle`` by ``SessionStateMachine/readyForQuery(_:)``
        /// or to ``copyIn(isExtended:)``.
        case simpleQuery
        /// Messages of the extended query protocol came since the last Sync. Goes to ``ignoring``, ``synchronizing``
        /// or ``copyIn(isExtended:)``.
        case extendedQuery
        /// One of them failed: all is thrown away until Sync. Goes to ``synchronizing``.
        case ignoring
        /// Sync came and ReadyForQuery is due. Goes to ``idle``.
        case synchronizing
        /// The client sends a COPY stream. Goes back to ``simpleQuery`` or ``extendedQuery`` at its end, to
        /// ``ignoring`` when an extended one fails.
        case copyIn(isExtended: Bool)
        /// The client said goodbye, or an error ended the session. Final.
        case terminated
    }

    /// What the owner has to do.
    public enum Action {
        /// Nothing.
        case ignore
        /// Run these statements, then report ``SessionStateMachine/readyForQuery(_:)``.
        case query(String)
        /// Prepare a statement; answer ParseComplete.
        case prepare(FrontendMessage.Parse)
        /// Make a portal of the statement; answer BindComplete.
        case bind(FrontendMessage.Bind, Statement)
        /// Answer ParameterDescription and RowDescription or NoData.
        case describeStatement(Statement)
        /// Answer RowDescription or NoData.
        case describePortal(Portal)
        /// Run the portal `portal`; 0 rows means all. Answer DataRows and CommandComplete, EmptyQueryResponse or
        /// PortalSuspended.
        case execute(Portal, portal: String, maximumRows: Int)
        /// Answer CloseComplete; whatever there was is forgotten already.
        case closed
        /// Hand the answers written so far to the channel.
        case flush
        /// End the implicit transaction, then report ``SessionStateMachine/readyForQuery(_:)``.
        case sync
        /// A piece of the COPY stream.
        case copyData(FrontendMessage)
        /// The COPY stream's regular end. The state is back in the query it belongs to.
        case copyDone
        /// Send ErrorResponse, and go on as said.
        case fail(PostgresError, AfterError)
        /// Close the connection.
        case terminate
    }

    /// What follows an ErrorResponse.
    public enum AfterError: Hashable, Sendable {
        /// The end of the simple query: report ``SessionStateMachine/readyForQuery(_:)``.
        case readyForQuery
        /// Nothing: messages are ignored until Sync.
        case ignoreUntilSync
        /// The end of the connection.
        case close
    }

    public var state: State { currentState }
    /// What the last ReadyForQuery said; see ``transactionChanged(_:)``.
    public var transactionStatus: TransactionStatus { currentStatus }

    // All of it is inlinable, so that the owner's module gets it made for its own types: looking up the metadata of
    // generic types at run time would cost more than the work itself.
    @usableFromInline var currentState = State.idle
    @usableFromInline var currentStatus = TransactionStatus.idle
    @usableFromInline let limits: Limits
    @usableFromInline var statements = NamedObjects<Statement>()
    @usableFromInline var portals = NamedObjects<BoundPortal>()

    /// A portal and the name of the statement it was made of.
    @usableFromInline
    struct BoundPortal {
        @usableFromInline var portal: Portal
        @usableFromInline var statement: String

        @inlinable
        init(portal: Portal, statement: String) {
            self.portal = portal
            self.statement = statement
        }
    }

    @inlinable
    public init(limits: Limits = Limits()) { self.limits = limits }

    public var statementCount: Int { statements.count }
    public var portalCount: Int { portals.count }

    /// The prepared statement of that name.
    @inlinable
    public func statement(_ name: String) -> Statement? { statements[name] }

    /// The portal of that name.
    @inlinable
    public func portal(_ name: String) -> Portal? { portals[name]?.portal }
}

// MARK: Messages

extension SessionStateMachine {
    /// A message was received.
    @inlinable
    public mutating func messageReceived(_ message: FrontendMessage) -> Action {
        switch state {
        case .idle, .extendedQuery: return accepted(message)
        case .ignoring: return whileIgnoring(message)
        case .copyIn(let isExtended): return duringCopyIn(message, isExtended: isExtended)
        case .simpleQuery, .synchronizing:
            // A goodbye needs no answer: the client will not wait for what is being worked on.
            if case .terminate = message { return terminateReceived() }
            preconditionFailure("a message was given before the end of the one before was reported")
        case .terminated: return .ignore
        }
    }

    @inlinable
    mutating func accepted(_ message: FrontendMessage) -> Action {
        switch message {
        case .query(let sql):
            // A simple query takes the place of the unnamed statement and portal (manual, 55.2.3).
            statements[""] = nil
            portals[""] = nil
            currentState = .simpleQuery
            return .query(sql)
        case .functionCall:
            currentState = .simpleQuery
            return .fail(.functionCallRefused, .readyForQuery)
        case .parse(let parse): return parseReceived(parse)
        case .bind(let bind): return bindReceived(bind)
        case .describe(let object): return describeReceived(object)
        case .execute(let portal, let maximumRows): return executeReceived(portal, maximumRows)
        case .close(let object): return closeReceived(object)
        case .flush:
            currentState = .extendedQuery
            return .flush
        case .sync:
            currentState = .synchronizing
            return .sync
        case .terminate: return terminateReceived()
        case .copyData, .copyDone, .copyFail:
            // The rest of a COPY that failed: the client sent it before it knew.
            return .ignore
        case .password: return fail(.fatalViolation("a password message came that was not asked for"))
        case .invalid(let type, let error): return invalidReceived(type, error)
        }
    }

    @inlinable
    mutating func whileIgnoring(_ message: FrontendMessage) -> Action {
        switch message {
        case .sync:
            currentState = .synchronizing
            return .sync
        case .terminate: return terminateReceived()
        case .query, .functionCall, .parse, .bind, .describe, .execute, .close, .flush, .copyData, .copyDone,
            .copyFail, .password, .invalid:
            return .ignore
        }
    }

    @inlinable
    mutating func duringCopyIn(_ message: FrontendMessage, isExtended: Bool) -> Action {
        switch message {
        case .copyData: return .copyData(message)
        case .copyDone:
            currentState = isExtended ? .extendedQuery : .simpleQuery
            return .copyDone
        case .copyFail(let reason):
            return fail(PostgresError(code: .queryCanceled, message: "COPY from stdin failed: \(reason)"))
        case .flush, .sync:
            // Accepted and ignored, so that a client can pipeline them behind the Execute of the COPY (55.2.7).
            return .ignore
        case .terminate: return terminateReceived()
        case .invalid(_, let error): return fail(error)
        case .query, .functionCall, .parse, .bind, .describe, .execute, .close, .password:
            return fail(.violation("unexpected message type \(message.type) during COPY from stdin"))
        }
    }

    @inlinable
    mutating func terminateReceived() -> Action {
        currentState = .terminated
        statements.removeAll()
        portals.removeAll()
        return .terminate
    }

    @inlinable
    mutating func invalidReceived(_ type: FrontendMessageType, _ error: PostgresError) -> Action {
        switch type {
        case .query, .functionCall: currentState = .simpleQuery
        case .copyData, .copyDone, .copyFail: return .ignore
        case .bind, .close, .describe, .execute, .flush, .parse, .password, .sync, .terminate:
            currentState = .extendedQuery
        }
        return fail(error)
    }
}

// MARK: The extended query protocol

extension SessionStateMachine {
    @inlinable
    mutating func parseReceived(_ parse: FrontendMessage.Parse) -> Action {
        currentState = .extendedQuery
        if !parse.statement.isEmpty {
            guard statements[parse.statement] == nil else {
                return fail(
                    PostgresError(
                        code: .duplicatePreparedStatement,
                        message: "prepared statement \"\(parse.statement)\" already exists"))
            }
            guard statements.count < limits.statements else {
                return fail(
                    .limitExceeded("prepared statements", limits.statements, "Close those no longer needed."))
            }
        }
        return .prepare(parse)
    }

    @inlinable
    mutating func bindReceived(_ bind: FrontendMessage.Bind) -> Action {
        currentState = .extendedQuery
        guard let statement = statements[bind.statement] else { return fail(.undefinedStatement(bind.statement)) }
        if !bind.portal.isEmpty {
            guard portals[bind.portal] == nil else {
                return fail(
                    PostgresError(code: .duplicateCursor, message: "cursor \"\(bind.portal)\" already exists"))
            }
            guard portals.count < limits.portals else {
                return fail(.limitExceeded("portals", limits.portals, "Close those no longer needed, or commit."))
            }
        }
        return .bind(bind, statement)
    }

    @inlinable
    mutating func describeReceived(_ object: PreparedObject) -> Action {
        currentState = .extendedQuery
        switch object {
        case .statement(let name):
            guard let statement = statements[name] else { return fail(.undefinedStatement(name)) }
            return .describeStatement(statement)
        case .portal(let name):
            guard let entry = portals[name] else { return fail(.undefinedPortal(name)) }
            return .describePortal(entry.portal)
        }
    }

    @inlinable
    mutating func executeReceived(_ name: String, _ maximumRows: Int) -> Action {
        currentState = .extendedQuery
        guard let entry = portals[name] else { return fail(.undefinedPortal(name)) }
        return .execute(entry.portal, portal: name, maximumRows: maximumRows)
    }

    @inlinable
    mutating func closeReceived(_ object: PreparedObject) -> Action {
        currentState = .extendedQuery
        switch object {
        case .statement(let name):
            // Its portals go with it (55.2.3). To close what does not exist is no error.
            if statements[name] != nil {
                statements[name] = nil
                portals.removeAll { $0.statement == name }
            }
        case .portal(let name): portals[name] = nil
        }
        return .closed
    }
}

// MARK: What the owner reports

extension SessionStateMachine {
    /// A statement was prepared for a ``Action/prepare(_:)``.
    @inlinable
    public mutating func statementPrepared(_ name: String, _ statement: Statement) {
        if name.isEmpty {
            // Portals of the unnamed statement before it live on; they must not end with its successor.
            orphanPortalsOfUnnamedStatement()
        }
        statements[name] = statement
    }

    /// A portal was made for a ``Action/bind(_:_:)``.
    @inlinable
    public mutating func portalBound(_ bind: FrontendMessage.Bind, _ portal: Portal) {
        portals[bind.portal] = BoundPortal(portal: portal, statement: bind.statement)
    }

    /// A portal was forgotten: it has run to its end and its owner will not run it again.
    @inlinable
    public mutating func portalDropped(_ name: String) { portals[name] = nil }

    /// COPY FROM STDIN began within the message being worked on; CopyInResponse was sent.
    @inlinable
    public mutating func copyInStarted() {
        switch state {
        case .simpleQuery: currentState = .copyIn(isExtended: false)
        case .extendedQuery: currentState = .copyIn(isExtended: true)
        case .idle, .ignoring, .synchronizing, .copyIn, .terminated:
            preconditionFailure("no statement is being worked on")
        }
    }

    /// What was asked for failed. Tells what to send, as ``Action/fail(_:_:)``.
    ///
    /// An open transaction block becomes a failed one. The error of a Sync (a commit that failed) or of a simple
    /// query is followed by ReadyForQuery; after any other, messages are ignored until Sync.
    @inlinable
    public mutating func errorRaised(_ error: PostgresError) -> Action { fail(error) }

    /// The transaction status changed within a pipeline, by BEGIN, COMMIT or ROLLBACK, or because a time-out ended it.
    @inlinable
    public mutating func transactionChanged(_ status: TransactionStatus) {
        currentStatus = status
        if status == .idle { portals.removeAll() }
    }

    /// ReadyForQuery is being sent: the end of a simple query or of a Sync.
    ///
    /// Outside of a transaction block portals end here: their transaction has.
    @inlinable
    public mutating func readyForQuery(_ status: TransactionStatus) {
        switch state {
        case .simpleQuery, .synchronizing: currentState = .idle
        case .terminated: return
        case .idle, .extendedQuery, .ignoring, .copyIn: preconditionFailure("ReadyForQuery is not due")
        }
        transactionChanged(status)
    }

    /// DISCARD ALL or DEALLOCATE ALL: forgets all prepared statements and portals.
    @inlinable
    public mutating func statementsDiscarded() {
        statements.removeAll()
        portals.removeAll()
    }

    /// DEALLOCATE of one statement.
    ///
    /// - Returns: Whether there was such a statement.
    @inlinable
    public mutating func statementDeallocated(_ name: String) -> Bool {
        guard statements[name] != nil else { return false }
        statements[name] = nil
        portals.removeAll { $0.statement == name }
        return true
    }

    @inlinable
    mutating func orphanPortalsOfUnnamedStatement() {
        guard portals.count > 0 else { return }
        portals.update { if $0.statement.isEmpty { $0.statement = Self.orphanName } }
    }

    /// A name no client can give: names end at their first zero.
    @inlinable
    static var orphanName: String { "\0" }

    @inlinable
    mutating func fail(_ error: PostgresError) -> Action {
        if transactionStatus == .inTransaction { currentStatus = .failed }
        if error.severity.endsSession {
            currentState = .terminated
            return .fail(error, .close)
        }
        switch state {
        case .simpleQuery, .copyIn(isExtended: false):
            currentState = .simpleQuery
            return .fail(error, .readyForQuery)
        case .synchronizing: return .fail(error, .readyForQuery)
        case .extendedQuery, .ignoring, .copyIn(isExtended: true):
            currentState = .ignoring
            return .fail(error, .ignoreUntilSync)
        case .idle, .terminated:
            // An error between statements, such as a password message or a time-out: only a fatal one can be sent.
            currentState = .terminated
            return .fail(error.asFatal, .close)
        }
    }
}

extension SessionStateMachine: Sendable where Statement: Sendable, Portal: Sendable {}
extension SessionStateMachine.BoundPortal: Sendable where Statement: Sendable, Portal: Sendable {}
extension SessionStateMachine.Action: Sendable where Statement: Sendable, Portal: Sendable {}
