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
        var rows = BackendMessages()
        let hold = AnswerHold(node.heldAnswers)
        let held = machine.allPortals.reduce(0) { $0 + ($1.remaining?.rows.readableBytes ?? 0) }
        while query.hasRow {
            if query.returnsRows {
                try query.writeRow(to: &rows, formats: formats)
                guard held + rows.byteCount <= Self.maximumWithheld else { throw Self.tooMuchSuspended }
                if case .loop = access, rows.byteCount >= Self.pieceSize { throw .notBrief }
                try hold.grow(to: rows.byteCount)
            }
            try query.advance()
        }
        finished(query.statement, with: query.finish())
        return RemainingRows(rows: rows.take(), words: Self.words(of: query.statement), hold: hold)
    }

    /// The next rows of a portal, or all for 0. What they are held by counts until the client has them.
    func take(_ maximum: Int, of remaining: inout RemainingRows) -> (bytes: ByteBuffer, count: Int) {
        let hold = remaining.hold
        let rows = remaining.next(maximum)
        if let hold, hold.byteCount > 0, remaining.hold == nil { fetched.append(hold) }
        return rows
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

    private static var tooMuchSuspended: PostgresError {
        PostgresError(
            code: .programLimitExceeded,
            message: "the portals of a session may hold at most \(maximumWithheld >> 20) MiB of rows not fetched yet",
            hint: "Fetch all rows at once, or COPY (query) TO STDOUT: those are sent while they are made.")
    }
}
