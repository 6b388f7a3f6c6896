extension SessionStateMachine {
    @inlinable
    mutating func parseReceived(_ parse: FrontendMessage.Parse) -> Action {
        currentState = .extendedQuery
        guard parse.query.utf8.count <= limits.statementLength else { return fail(.statementTooLong(limits)) }
        if !parse.statement.isEmpty {
            guard statements[parse.statement] == nil else {
                return fail(
                    PostgresError(
                        code: .duplicatePreparedStatement,
                        message: "prepared statement \"\(parse.statement)\" already exists"))
            }
            if let error = limitReached(preparing: parse.query.utf8.count) { return fail(error) }
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
            if let error = limitReached(binding: bind.byteCount) { return fail(error) }
        }
        return .bind(bind, statement.statement)
    }

    @inlinable
    mutating func describeReceived(_ object: PreparedObject) -> Action {
        currentState = .extendedQuery
        switch object {
        case .statement(let name):
            guard let statement = statements[name] else { return fail(.undefinedStatement(name)) }
            return .describeStatement(statement.statement)
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
            // Its portals live on, as in PostgreSQL, whose manual says otherwise (55.2.3): pgpool-II closes the statements of
            // its questions before it runs them. To close what does not exist is no error.
            _ = statementDeallocated(name)
        case .portal(let name): portals[name] = nil
        }
        return .closed
    }

    // MARK: Limits

    /// Why no named statement of that many bytes can be kept; nil if it can. To be asked by whoever reports
    /// ``statementPrepared(_:_:byteCount:)`` without an ``Action/prepare(_:)``.
    @inlinable
    public func limitReached(preparing byteCount: Int) -> PostgresError? {
        guard statements.count < limits.statements else {
            return .limitExceeded("prepared statements", limits.statements, "Close those no longer needed.")
        }
        guard statements.byteCount + byteCount <= limits.statementBytes else {
            return .limitExceeded(
                "bytes of prepared statements", limits.statementBytes, "Close those no longer needed.")
        }
        return nil
    }

    /// The same for a named portal, before ``portalBound(_:_:)`` without an ``Action/bind(_:_:)``.
    @inlinable
    public func limitReached(binding byteCount: Int) -> PostgresError? {
        guard portals.count < limits.portals else {
            return .limitExceeded("portals", limits.portals, "Close those no longer needed, or commit.")
        }
        guard portals.count == 0 || portals.byteCount + byteCount <= limits.portalBytes else {
            return .limitExceeded(
                "bytes of portals' parameters", limits.portalBytes, "Close those no longer needed, or commit.")
        }
        return nil
    }
}
