import NIOCore
import PostgresWire
import TandemSQLite

// Query strings, and the statements of the extended protocol.
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
    func tellOfExisting(_ statement: SessionStatement) {
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
}
