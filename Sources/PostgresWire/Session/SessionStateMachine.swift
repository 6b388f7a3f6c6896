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
        /// How long the text of a statement may be, in bytes. Default 16 MiB.
        public var statementLength = 16 << 20
        /// How long the texts of all prepared statements may be together, in bytes. Default 64 MiB.
        public var statementBytes = 64 << 20
        /// How much memory the parameters of all portals may take, in bytes. Default 256 MiB; one alone may have more.
        public var portalBytes = 256 << 20

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
        indirect case prepare(FrontendMessage.Parse)
        /// Make a portal of the statement; answer BindComplete.
        indirect case bind(FrontendMessage.Bind, Statement)
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
        indirect case copyData(FrontendMessage)
        /// The COPY stream's regular end. The state is back in the query it belongs to.
        case copyDone
        /// Send ErrorResponse, and go on as said.
        indirect case fail(PostgresError, AfterError)
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

    @inlinable public var state: State { currentState }
    /// What the last ReadyForQuery said; see ``transactionChanged(_:)``.
    @inlinable public var transactionStatus: TransactionStatus { currentStatus }

    // All of it is inlinable, so that the owner's module gets it made for its own types: looking up the metadata of
    // generic types at run time would cost more than the work itself.
    @usableFromInline var currentState = State.idle
    @usableFromInline var currentStatus = TransactionStatus.idle
    @usableFromInline let limits: Limits
    @usableFromInline var statements = NamedObjects<PreparedStatement>()
    @usableFromInline var portals = NamedObjects<BoundPortal>()

    /// A statement and the length of its text.
    @usableFromInline
    struct PreparedStatement: SizedObject {
        @usableFromInline var statement: Statement
        @usableFromInline var byteCount: Int

        @inlinable
        init(statement: Statement, byteCount: Int) {
            self.statement = statement
            self.byteCount = byteCount
        }
    }

    /// A portal, the name of the statement it was made of, and the memory its parameters take.
    @usableFromInline
    struct BoundPortal: SizedObject {
        @usableFromInline var portal: Portal
        @usableFromInline var statement: String
        @usableFromInline var byteCount: Int

        @inlinable
        init(portal: Portal, statement: String, byteCount: Int) {
            self.portal = portal
            self.statement = statement
            self.byteCount = byteCount
        }
    }

    @inlinable
    public init(limits: Limits = Limits()) { self.limits = limits }

    /// About what prepared statements and portals take, in bytes.
    @inlinable public var byteCount: Int { statements.byteCount + portals.byteCount }

    public var statementCount: Int { statements.count }
    public var portalCount: Int { portals.count }

    /// The prepared statement of that name.
    @inlinable
    public func statement(_ name: String) -> Statement? { statements[name]?.statement }

    /// The portal of that name.
    @inlinable
    public func portal(_ name: String) -> Portal? { portals[name]?.portal }

    /// All portals, in no order.
    @inlinable public var allPortals: [Portal] { portals.all.map(\.portal) }
}

extension SessionStateMachine: Sendable where Statement: Sendable, Portal: Sendable {}
extension SessionStateMachine.PreparedStatement: Sendable where Statement: Sendable {}
extension SessionStateMachine.BoundPortal: Sendable where Statement: Sendable, Portal: Sendable {}
extension SessionStateMachine.Action: Sendable where Statement: Sendable, Portal: Sendable {}
