import NIOCore
import PostgresWire
import TandemSQLite

// DECLARE, FETCH, MOVE.
extension SessionEngine {
    func run(
        _ cursor: CursorStatement, of statement: SessionStatement, _ parameters: [ParameterValue],
        on access: SessionAccess
    ) throws(PostgresError) -> SessionStop? {
        guard case .declare(let name, _, _) = cursor else { preconditionFailure("FETCH needs no connection") }
        try checkDeclaration(of: name, statement)
        let isDone = try withConnection(access, for: statement) { connection throws(PostgresError) in
            let query = try ActiveQuery(statement, parameters, on: connection, values: values)
            let portal = SessionPortal(statement: statement, parameters: [], resultFormats: .all(.text))
            portal.cursorColumns = query.columns(formats: .all(.text))
            portal.remaining = try materialize(query, formats: .all(.text), on: access)
            try hold(another: statement.byteCount)
            machine.cursorDeclared(name, portal, byteCount: statement.byteCount)
        }
        guard isDone else { return .needsReader }
        output.commandComplete("DECLARE CURSOR")
        return nil
    }

    private func checkDeclaration(of name: String, _ statement: SessionStatement) throws(PostgresError) {
        guard machine.transactionStatus == .inTransaction else {
            throw PostgresError(
                code: .noActiveSQLTransaction, message: "DECLARE CURSOR can only be used in transaction blocks")
        }
        guard machine.portal(name) == nil else {
            throw PostgresError(code: .duplicateCursor, message: "cursor \"\(name)\" already exists")
        }
        if let error = machine.limitReached(binding: statement.byteCount) { throw error }
    }

    /// - Parameter count: nil for all.
    func fetch(
        _ name: String, _ count: Int?, isMove: Bool, _ request: RowRequest, on access: SessionAccess
    ) throws(PostgresError) -> SessionStop? {
        // MOVE is understood for portals of the protocol as well, once they have run.
        let columns = isMove && machine.portal(name)?.remaining != nil ? [] : try columns(ofCursor: name)
        guard let cursor = machine.portal(name), var remaining = cursor.remaining else { return nil }
        if columns.indices.contains(where: { request.formats[$0] != .text }) {
            throw PostgresError(
                code: .featureNotSupported, message: "binary format is not supported for rows of FETCH",
                hint: "Ask for text format.")
        }
        let isOnDisk = remaining.isOnDisk
        if isOnDisk, !access.mayBlock { return .needsReader }
        cursor.remaining = nil
        defer { cursor.remaining = remaining }
        if !isMove, request.describes { output.rowDescription(columns) }
        // Those of an Execute with a row limit leave the cursor, and wait in the portal of the FETCH.
        let waiting = isMove || request.maximumRows == 0 ? nil : request.portal
        var kept = RemainingRows(words: "FETCH")
        if let waiting, count == nil {
            waiting.remaining = remaining.handOver(words: "FETCH")
            return try resume(waiting, maximumRows: request.maximumRows, on: access)
        }
        // Few of them, which are in memory as a rule.
        var bounds = boundsOfRows(on: access)
        bounds.mayBlock = true
        let taken =
            count == 0
            ? 0
            : try take(count ?? 0, of: &remaining) { rows throws(PostgresError) in
                if waiting != nil { return try kept.append(rows, in: node.answerRoom, bounds) }
                guard !isMove else { return }
                output.append(bytes: rows)
                if isOnDisk { try relieveIfFull(access) }
            }
        guard let waiting else {
            output.commandComplete("\(isMove ? "MOVE" : "FETCH") \(taken)")
            return nil
        }
        waiting.remaining = kept
        return try resume(waiting, maximumRows: request.maximumRows, on: access)
    }

    /// The columns of a cursor that was declared or, as a portal, run with a row limit.
    func columns(ofCursor name: String) throws(PostgresError) -> [ColumnDescription] {
        guard let portal = machine.portal(name) else {
            throw PostgresError(code: .invalidCursorName, message: "cursor \"\(name)\" does not exist")
        }
        guard let columns = portal.cursorColumns else {
            throw PostgresError(
                code: .featureNotSupported, message: "portal \"\(name)\" is no cursor of DECLARE",
                hint: "Fetch its rows by Execute.")
        }
        return columns
    }
}
