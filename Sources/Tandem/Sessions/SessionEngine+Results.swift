import NIOCore
import PostgresWire
import TandemSQLite

// Rows and tags.
extension SessionEngine {
    /// Answers are handed to the channel in pieces of about so many bytes.
    static let pieceSize = 64 * 1024
    /// What a transaction on the writer may answer before it commits.
    static let maximumWithheld = 256 << 20

    /// Writes the rows that are left, and the tag.
    func finish(_ query: ActiveQuery, formats: FormatCodes, on access: SessionAccess) throws(PostgresError) {
        defer { query.release() }
        var count = 0
        while query.hasRow {
            if query.returnsRows {
                try query.writeRow(to: &output, formats: formats)
                count += 1
                try relieveIfFull(access)
            }
            try query.advance()
        }
        finished(query.statement, with: query.finish())
        complete(query.statement, rows: count)
    }

    /// Makes rows to be asked for later.
    func materialize(
        _ query: ActiveQuery, formats: FormatCodes, on access: SessionAccess
    ) throws(PostgresError) -> RemainingRows {
        defer { query.release() }
        var remaining = RemainingRows(words: Self.words(of: query.statement))
        let bounds = boundsOfRows(on: access)
        var rows = BackendMessages()
        func keep() throws(PostgresError) { try remaining.append(rows.take(), in: node.answerRoom, bounds) }
        while query.hasRow {
            if query.returnsRows {
                try query.writeRow(to: &rows, formats: formats)
                if rows.byteCount >= Self.pieceSize {
                    if case .loop = access { throw .notBrief }
                    try keep()
                }
            }
            try query.advance()
        }
        finished(query.statement, with: query.finish())
        try keep()
        return remaining
    }

    /// What another portal of the session may take: many have no more than a single one.
    func boundsOfRows(on access: SessionAccess) -> RemainingRows.Bounds {
        let (memory, disk) = machine.allPortals.reduce((0, 0)) { sum, portal in
            (sum.0 + (portal.remaining?.bytesInMemory ?? 0), sum.1 + (portal.remaining?.bytesOnDisk ?? 0))
        }
        return RemainingRows.Bounds(
            memory: min(RemainingRows.maximumInMemory, Self.maximumWithheld - memory),
            disk: node.answerRoom.disk.limit / 2 - disk, mayBlock: access.mayBlock)
    }

    /// Answers the next rows of a portal, or all for 0, as fast as the client reads where a disk has them.
    ///
    /// - Parameter consume: is given them, piece by piece.
    /// - Returns: how many they were.
    func take(
        _ maximum: Int, of remaining: inout RemainingRows, _ consume: (ByteBuffer) throws(PostgresError) -> Void
    ) throws(PostgresError) -> Int {
        let hold = remaining.hold
        let deadline = settings.statementTimeout.map { ContinuousClock.now + $0 }
        var count = 0
        while maximum == 0 || count < maximum {
            let rows = try remaining.next(maximum == 0 ? 0 : maximum - count)
            guard rows.count > 0 else { break }
            count += rows.count
            try consume(rows.bytes)
            guard remaining.isOnDisk else { continue }
            // No statement of SQLite's runs that would be stopped.
            if sessionEnd?.reason != nil || interrupt?.isCancelled == true { throw .canceled }
            if let deadline, deadline <= .now { throw .timedOut }
        }
        // What they are held by counts until the client has them.
        if let hold, hold.byteCount > 0, remaining.hold == nil { fetched.append(hold) }
        return count
    }

    private func complete(_ statement: SessionStatement, rows: Int) {
        let words = Self.words(of: statement)
        switch statement.command {
        case .read: output.commandComplete(words, count: Int64(rows))
        case .write("INSERT"), .write("UPDATE"), .write("DELETE"): output.commandComplete(words, count: values.changes)
        default: output.commandComplete(words)
        }
    }

    /// What stands in front of the count in the tag of a statement that answers with rows, or changes some.
    static func words(of statement: SessionStatement) -> String {
        switch statement.command {
        case .read, .cursor(.declare): "SELECT"
        case .write("INSERT"): "INSERT 0"
        case .write(let tag): tag
        default: ""
        }
    }
}
