import NIOCore
import PostgresWire
import TandemSQLite

// Portals of the extended protocol: described, run, and gone on with.
extension SessionEngine {
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
