extension SessionStateMachine {
    /// A statement was prepared for a ``Action/prepare(_:)``.
    ///
    /// - Parameter byteCount: about how much memory it takes; nil, the default, for its text alone.
    @inlinable
    public mutating func statementPrepared(
        _ parse: FrontendMessage.Parse, _ statement: Statement, byteCount: Int? = nil
    ) {
        let name = parse.statement
        if name.isEmpty {
            // Portals of the unnamed statement before it live on; they must not end with its successor.
            orphanPortals { $0.isEmpty }
        }
        // The unnamed one is bounded by its length, and leaves the bound of the others to them.
        let byteCount = name.isEmpty ? parse.query.utf8.count : byteCount ?? parse.query.utf8.count
        statements[name] = PreparedStatement(statement: statement, byteCount: byteCount)
    }

    /// A portal was made for a ``Action/bind(_:_:)``.
    @inlinable
    public mutating func portalBound(_ bind: FrontendMessage.Bind, _ portal: Portal) {
        portals[bind.portal] = BoundPortal(portal: portal, statement: bind.statement, byteCount: bind.byteCount)
    }

    /// A cursor was declared: a portal of a statement that it alone has.
    ///
    /// - Parameter byteCount: about how much memory that takes.
    @inlinable
    public mutating func cursorDeclared(_ name: String, _ portal: Portal, byteCount: Int) {
        portals[name] = BoundPortal(portal: portal, statement: Self.orphanName, byteCount: byteCount)
    }

    /// A portal was forgotten: it has run to its end and its owner will not run it again.
    @inlinable
    public mutating func portalDropped(_ name: String) { portals[name] = nil }

    /// CLOSE ALL: all portals are forgotten.
    @inlinable
    public mutating func portalsDropped() { portals.removeAll() }

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

    /// DISCARD ALL: forgets all prepared statements and portals.
    @inlinable
    public mutating func allDiscarded() {
        statements.removeAll()
        portals.removeAll()
    }

    /// DEALLOCATE ALL: forgets all prepared statements. Their portals, and cursors, live on, as in PostgreSQL.
    @inlinable
    public mutating func statementsDeallocated() {
        orphanPortals { _ in true }
        statements.removeAll()
    }

    /// DEALLOCATE of one statement, or Close; its portals live on.
    ///
    /// - Returns: Whether there was such a statement.
    @inlinable
    public mutating func statementDeallocated(_ name: String) -> Bool {
        guard statements[name] != nil else { return false }
        orphanPortals { $0 == name }
        statements[name] = nil
        return true
    }

    /// Portals outlive their statement, which they keep: it counts for them from now on. To be called while it is there.
    @inlinable
    mutating func orphanPortals(of isTheirs: (_ statement: String) -> Bool) {
        guard portals.count > 0 else { return }
        let statements = statements
        portals.update { portal in
            guard isTheirs(portal.statement) else { return }
            portal.byteCount += statements[portal.statement]?.byteCount ?? 0
            portal.statement = Self.orphanName
        }
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
