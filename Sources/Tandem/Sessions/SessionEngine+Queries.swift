import NIOCore
import PostgresWire
import TandemSQLite

// Query strings and the messages of the extended protocol.
extension SessionEngine {
    func beginQuery(_ sql: String) throws(PostgresError) {
        record.statementBegan(sql)
        let statements = try QueryText.statements(sql)
        if statements.count == 1, statements[0].command == .read {
            statements[0].types.pace = queryPaces.pace(of: sql)
        }
        if statements.isEmpty { output.emptyQueryResponse() }
        query = QueryRun(statements: statements[...])
    }

    /// Runs the next statement of the query string, or ends it.
    func continueQuery(on access: SessionAccess) -> SessionStop? {
        guard let statement = query?.statements.first else {
            if writerTransaction == .implicit { return .transactionEnded }
            query = nil
            ready()
            return nil
        }
        do throws(PostgresError) {
            if case .writer = access { try relieveIfFull(access) }
            let stop = try run(statement, on: access)
            switch stop {
            case .needsParser, .needsReader, .needsWriter, .needsLock, .outputIsFull: return stop
            case nil, .finished, .transactionEnded, .transactionRolledBack:
                query?.statements.removeFirst()
                return stop
            }
        } catch {
            return awaitsAdvisoryLock() ? .needsLock : fail(error)
        }
    }

    private func run(
        _ given: SessionStatement, on access: SessionAccess
    ) throws(PostgresError) -> SessionStop? {
        let (statement, parameters) = try prepared(given) ?? (given, [])
        if statement.command.isLocal {
            return try runLocally(statement.command, RowRequest(describes: true), on: access)
        }
        if let stop = try place(statement, on: access) { return stop }
        if case .cursor(let cursor) = statement.command {
            return try run(cursor, of: statement, [], on: access)
        }
        if case .copy(let copy) = statement.command { return try run(copy, of: statement, on: access) }
        let isDone = try withConnection(access, for: statement) { connection throws(PostgresError) in
            let query = try ActiveQuery(
                statement, parameters, on: connection, values: valuesBefore(statement))
            tellOfExisting(statement)
            if query.returnsRows { output.rowDescription(query.columns(formats: .all(.text))) }
            try finish(query, formats: .all(.text), on: access)
        }
        return isDone ? nil : .needsReader
    }

    /// Says of what a statement does nothing about, because it is there already or is not.
    private func tellOfExisting(_ statement: SessionStatement) {
        for notice in statement.types.typedText.skipped { output.noticeResponse(notice) }
        guard let column = statement.types.typedText.existing else { return }
        let message = "column \"\(column.name)\" of relation \"\(column.table)\" already exists, skipping"
        output.noticeResponse(PostgresError(severity: .notice, code: .duplicateColumn, message: message))
    }

    func prepare(_ parse: FrontendMessage.Parse, on access: SessionAccess) throws(PostgresError) -> SessionStop? {
        let statement: SessionStatement
        if let parsed {
            statement = parsed
        } else {
            statement = try QueryText.single(parse.query, parameterTypes: parse.parameterTypes)
            if isOnParser { parsed = statement }
        }
        try refuseWhenFailed(statement.command)
        if let array = parse.parameterTypes.first(where: \.isArray) { throw .arraysAreNotSupported(array) }
        if !statement.command.isLocal, !statement.command.isCopy, try prepared(statement) == nil {
            try refuseWithoutRole(statement.command)
            guard
                try withConnection(
                    access, for: statement,
                    { connection throws(PostgresError) in
                        try ActiveQuery.check(statement, on: connection)
                    })
            else { return .needsReader }
        }
        parsed = nil
        try hold(another: statement.byteCount)
        machine.statementPrepared(parse, statement, byteCount: statement.byteCount)
        output.parseComplete()
        return nil
    }

    func bind(_ bind: FrontendMessage.Bind, _ statement: SessionStatement) throws(PostgresError) {
        try refuseWhenFailed(statement.command)
        guard bind.parameterFormats.fits(bind.parameters.count) else {
            throw PostgresError(
                code: .protocolViolation, message: "bind message has another number of formats than of parameters")
        }
        var parameters: [ParameterValue] = []
        if !bind.parameters.isEmpty { parameters.reserveCapacity(bind.parameters.count) }
        for (number, bytes) in bind.parameters.enumerated() {
            parameters.append(
                try ParameterValue(decoding: bytes, format: bind.parameterFormats[number], of: statement, number))
        }
        try hold(another: bind.byteCount)
        machine.portalBound(
            bind, SessionPortal(statement: statement, parameters: parameters, resultFormats: bind.resultFormats))
        output.bindComplete()
    }

    func describe(_ given: SessionStatement, on access: SessionAccess) throws(PostgresError) -> SessionStop? {
        let resolved = try prepared(given)
        let statement = resolved?.statement ?? given
        if statement.hasRows { try refuseWhenFailed(statement.command) }
        if statement.command.isLocal {
            output.parameterDescription([])
            describeLocally(statement.command, formats: .all(.text))
            return nil
        }
        if statement.command.isCopy {
            output.parameterDescription([])
            output.noData()
            return nil
        }
        // It may have to look up tables.
        if case .loop = access { return .needsReader }
        let isDone = try withConnection(access, for: statement) { connection throws(PostgresError) in
            let description = try ActiveQuery.describe(statement, on: connection)
            statement.types.areParametersTold = true
            statement.types.columns = description.columns.map(\.type)
            output.parameterDescription(resolved == nil ? description.parameters : [])
            if description.columns.isEmpty || !statement.returnsRows {
                output.noData()
            } else {
                output.rowDescription(description.columns)
            }
        }
        return isDone ? nil : .needsReader
    }

    func describe(_ portal: SessionPortal, on access: SessionAccess) throws(PostgresError) -> SessionStop? {
        let (statement, parameters) = try prepared(portal.statement) ?? (portal.statement, portal.parameters)
        if statement.hasRows { try refuseWhenFailed(statement.command) }
        if let columns = portal.cursorColumns {
            output.rowDescription(columns)
            return nil
        }
        if statement.command.isLocal {
            describeLocally(statement.command, formats: portal.resultFormats)
            return nil
        }
        guard statement.returnsRows else {
            output.noData()
            return nil
        }
        if let stop = try place(statement, on: access) { return stop }
        let isDone = try withConnection(access, for: statement) { connection throws(PostgresError) in
            if statement.command.isWrite || statement.takesAdvisoryLocks {
                let columns = try ActiveQuery.describe(statement, on: connection).columns
                portal.types = columns.map(\.type)
                output.rowDescription(columns, formats: portal.resultFormats)
            } else {
                // Where an expression's text does not tell its type, the first row does.
                let query = try ActiveQuery(statement, parameters, on: connection, values: values)
                query.portal = portal
                portal.types = query.types
                query.describe(to: &output, formats: portal.resultFormats)
                active = query
            }
        }
        return isDone ? nil : .needsReader
    }

    func execute(_ portal: SessionPortal, named name: String, maximumRows: Int, on access: SessionAccess)
        throws(PostgresError) -> SessionStop?
    {
        if portal.isDone || portal.remaining != nil {
            try refuseWhenFailed(portal.statement.command)
            if portal.remaining == nil { portal.remaining = rowsBehindTheEnd(of: portal) }
            guard portal.remaining != nil else { throw .hasRun(portal: name) }
            return try resume(portal, maximumRows: maximumRows, on: access)
        }
        let stop = try run(portal, maximumRows: maximumRows, on: access)
        if stop == nil, portal.remaining == nil { portal.isDone = portal.statement.command != .empty }
        return stop
    }

    /// What another Execute of a portal that has run to its end gets: no more rows; nil where it gives none and cannot be run
    /// again.
    private func rowsBehindTheEnd(of portal: SessionPortal) -> RemainingRows? {
        switch portal.statement.command {
        case .show: return RemainingRows(words: "SHOW", countsRows: false)
        case .cursor(.fetch(_, _, isMove: false)): return RemainingRows(words: "FETCH")
        default:
            let statement = (try? prepared(portal.statement))?.statement ?? portal.statement
            return statement.returnsRows ? RemainingRows(words: Self.words(of: statement)) : nil
        }
    }

    private func run(
        _ portal: SessionPortal, maximumRows: Int, on access: SessionAccess
    ) throws(PostgresError) -> SessionStop? {
        let (statement, parameters) = try prepared(portal.statement) ?? (portal.statement, portal.parameters)
        record.statementBegan(portal.statement.original)
        if statement.command.isLocal {
            let request = RowRequest(
                describes: false, formats: portal.resultFormats, portal: portal, maximumRows: maximumRows)
            return try runLocally(statement.command, request, on: access)
        }
        if !isDescribed(portal, on: access), let stop = try place(statement, on: access) { return stop }
        if case .cursor(let cursor) = statement.command {
            return try run(cursor, of: statement, parameters, on: access)
        }
        if case .copy(let copy) = statement.command { return try run(copy, of: statement, on: access) }
        let isDone = try withConnection(access, for: statement) { connection throws(PostgresError) in
            let query: ActiveQuery
            if let described = active, described.isAlive, described.portal === portal {
                query = described
            } else {
                query = try ActiveQuery(
                    statement, parameters, on: connection, values: valuesBefore(statement), types: portal.types)
            }
            tellOfExisting(statement)
            active = nil
            if maximumRows > 0, query.returnsRows {
                portal.remaining = try materialize(query, formats: portal.resultFormats, on: access)
                if try resume(portal, maximumRows: maximumRows, on: access) != nil { throw .notBrief }
            } else {
                try finish(query, formats: portal.resultFormats, on: access)
            }
        }
        guard isDone else {
            // What was attempted on the loop is run from its beginning.
            portal.remaining = nil
            return .needsReader
        }
        return nil
    }

    /// Whether the loop has described it in this turn, and could run it to do so: nothing has changed since.
    private func isDescribed(_ portal: SessionPortal, on access: SessionAccess) -> Bool {
        guard case .loop = access, let active else { return false }
        return active.isAlive && active.portal === portal
    }

    /// Answers the next rows of a portal that was run with a row limit.
    func resume(
        _ portal: SessionPortal, maximumRows: Int, on access: SessionAccess
    ) throws(PostgresError) -> SessionStop? {
        guard var remaining = portal.remaining else { return nil }
        let isOnDisk = remaining.isOnDisk
        if isOnDisk, !access.mayBlock { return .needsReader }
        portal.remaining = nil
        defer { portal.remaining = remaining }
        let count = try take(maximumRows, of: &remaining) { rows throws(PostgresError) in
            output.append(bytes: rows)
            if isOnDisk { try relieveIfFull(access) }
        }
        // As in PostgreSQL, whose portals do not know that they are at their end before they have looked for one row more.
        if maximumRows > 0, count == maximumRows {
            output.portalSuspended()
        } else {
            output.commandComplete(remaining.tag(count))
        }
        return nil
    }
}

extension PostgresError {
    fileprivate static func hasRun(portal name: String) -> PostgresError {
        PostgresError(code: .objectNotInPrerequisiteState, message: "portal \"\(name)\" cannot be run")
    }
}
