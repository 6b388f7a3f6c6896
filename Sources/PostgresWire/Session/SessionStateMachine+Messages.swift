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
            guard sql.utf8.count <= limits.statementLength else { return fail(.statementTooLong(limits)) }
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
