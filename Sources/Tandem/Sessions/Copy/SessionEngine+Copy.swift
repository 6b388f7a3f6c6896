import PostgresWire
import TandemSQLite

// COPY: rows from the client, and to it.
extension SessionEngine {
    func run(_ copy: CopyStatement, of statement: SessionStatement, on access: SessionAccess)
        throws(PostgresError) -> SessionStop?
    {
        let isDone = try withConnection(access, for: statement) { connection throws(PostgresError) in
            if copy.isFrom {
                try beginCopyIn(copy, of: statement, on: connection)
            } else {
                try copyOut(copy, of: statement, on: connection, access)
            }
        }
        return isDone ? nil : .needsReader
    }

    // MARK: From the client

    private func beginCopyIn(
        _ copy: CopyStatement, of statement: SessionStatement, on connection: any StatementConnection
    ) throws(PostgresError) {
        guard case .table(let table, let names) = copy.subject else { preconditionFailure("COPY FROM has a table") }
        let columns = try CopyColumn.columns(of: table, named: names, on: connection)
        copyIn = try CopyIn(
            copy, of: statement, table: table, columns: columns, timeout: settings.statementTimeout)
        let format = copy.options.format.valueFormat
        output.copyInResponse(format, columns: Array(repeating: format, count: columns.count))
        machine.copyInStarted()
    }

    func copyDataReceived(_ message: FrontendMessage, on access: SessionAccess) throws(PostgresError) -> SessionStop? {
        guard let copyIn, case .copyData(let bytes) = message else { return nil }
        if let deadline = copyIn.deadline, deadline <= .now { throw .timedOut }
        if case .writer(let writer) = access {
            copyIn.append(bytes)
            try insert(copyIn, on: writer, isLast: false)
        } else {
            if copyIn.isFull(with: bytes.readableBytes) { return .needsWriter }
            copyIn.append(bytes)
        }
        return nil
    }

    func copyDoneReceived(on access: SessionAccess) throws(PostgresError) -> SessionStop? {
        guard let copyIn else { return nil }
        guard case .writer(let writer) = access else { return .needsWriter }
        try insert(copyIn, on: writer, isLast: true)
        values = copyIn.finish(on: writer)
        if copyIn.rowCount > 0 { keys.inserted(values.lastInsertRowid, into: copyIn.table.lowercased()) }
        output.commandComplete("COPY \(copyIn.rowCount)")
        self.copyIn = nil
        return nil
    }

    private func insert(_ copyIn: CopyIn, on writer: WriterConnection, isLast: Bool) throws(PostgresError) {
        do throws(PostgresError) {
            try limited(writer, limit(until: copyIn.deadline)) { _ throws(PostgresError) in
                try copyIn.insert(on: writer, values: values, isLast: isLast)
            }
        } catch {
            node.loneStatements.statementFailed(copyIn.statement, error.code, on: writer)
            throw error
        }
    }

    // MARK: To the client

    private func copyOut(
        _ copy: CopyStatement, of statement: SessionStatement, on connection: any StatementConnection,
        _ access: SessionAccess
    ) throws(PostgresError) {
        let source = try copy.source(of: statement, on: connection)
        let query = try ActiveQuery(source, [], on: connection, values: values)
        defer { query.release() }
        var writer = try CopyWriter(copy.options, columns: query.columns(formats: .all(.text)).map(\.name))
        writer.begin(&output)
        let formats = FormatCodes.all(copy.options.format.valueFormat)
        var row = BackendMessages()
        let mark = row.mark
        var count = 0
        while query.hasRow {
            row.truncate(to: mark)
            try query.writeRow(to: &row, formats: formats)
            try writer.write(row, to: &output)
            count += 1
            try relieveIfFull(access)
            try query.advance()
        }
        values = query.finish()
        writer.end(&output)
        output.commandComplete("COPY \(count)")
    }
}

extension CopyStatement {
    /// The query whose rows COPY TO sends.
    fileprivate func source(of statement: SessionStatement, on connection: any StatementConnection)
        throws(PostgresError) -> SessionStatement
    {
        switch subject {
        case .query(let sql, let isWrite):
            return SessionStatement(
                sql: sql, original: statement.original, source: sql, command: isWrite ? .write(tag: "COPY") : .read,
                returnsRows: true, literals: PlainLiterals(sql))
        case .table(let table, let names):
            let columns = try CopyColumn.columns(of: table, named: names, on: connection)
            let list = columns.map { $0.name.quotedName }.joined(separator: ", ")
            let sql = "SELECT \(list) FROM \(table.quotedName)"
            return SessionStatement(
                sql: sql, original: statement.original, source: sql, command: .read, returnsRows: true)
        }
    }
}
