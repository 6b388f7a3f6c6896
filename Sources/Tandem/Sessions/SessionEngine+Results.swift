import PostgresWire
import TandemSQLite

// Rows and tags.
extension SessionEngine {
    /// Answers are handed to the channel in pieces of about so many bytes.
    static let pieceSize = 64 * 1024
    /// What a transaction on the writer may answer before it commits.
    private static let maximumWithheld = 256 << 20

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
        values = query.finish()
        output.commandComplete(tag(of: query.statement, rows: count))
    }

    /// Makes rows to be asked for later.
    func materialize(
        _ query: ActiveQuery, formats: FormatCodes, on access: SessionAccess
    ) throws(PostgresError) -> RemainingRows {
        defer { query.release() }
        var rows = BackendMessages()
        var count = 0
        let held = machine.allPortals.reduce(0) { $0 + ($1.remaining?.rows.readableBytes ?? 0) }
        while query.hasRow {
            if query.returnsRows {
                try query.writeRow(to: &rows, formats: formats)
                count += 1
                guard held + rows.byteCount <= Self.maximumWithheld else { throw Self.tooMuchSuspended }
                if case .loop = access, rows.byteCount >= Self.pieceSize { throw Self.notBrief }
            }
            try query.advance()
        }
        values = query.finish()
        return RemainingRows(rows: rows.take(), tag: tag(of: query.statement, rows: count))
    }

    private func tag(of statement: SessionStatement, rows: Int) -> String {
        switch statement.command {
        case .read: "SELECT \(rows)"
        case .write("INSERT"): "INSERT 0 \(values.changes)"
        case .write(let tag) where tag == "UPDATE" || tag == "DELETE": "\(tag) \(values.changes)"
        case .write(let tag): tag
        default: ""
        }
    }

    /// A large result goes out while it is made, as fast as the client reads. What a transaction answers that shares its
    /// group on the writer is withheld, within a bound, because it may not be shown yet.
    func relieveIfFull(_ access: SessionAccess) throws(PostgresError) {
        if output.byteCount >= Self.pieceSize { try relieve(access) }
    }

    private func relieve(_ access: SessionAccess) throws(PostgresError) {
        if case .loop = access { throw Self.notBrief }
        // An interactive transaction is its group's first: it has seen nothing that is not acknowledged.
        guard interrupt != nil else {
            guard output.byteCount < Self.maximumWithheld else { throw Self.tooMuchWithheld }
            return
        }
        send()
        let start = ContinuousClock.now
        while !channel.isWritable {
            if interrupt?.isCancelled == true { throw .canceled }
            // Now and then it is looked at whether the client, or its timeout, wants no more of it.
            switch channel.waitUntilWritable(timeout: .milliseconds(200)) {
            case .writable: return
            case .closed:
                isClosing = true
                throw PostgresError(code: .connectionFailure, message: "the client is gone")
            case .timedOut: if .now - start >= slowReaderTimeout(access) { throw Self.clientReadsNothing }
            }
        }
    }

    /// Who takes nothing for so long loses its reader to others who wait for one.
    private static let patience = Duration.seconds(2)

    /// How long a client may take nothing of its answer. In the middle of a transaction that has written everyone else
    /// waits for it; where all reader threads are taken, others may.
    private func slowReaderTimeout(_ access: SessionAccess) -> Duration {
        let timeout = node.configuration.slowReaderTimeout
        if case .writer = access { return min(timeout, settings.idleInTransactionTimeout ?? timeout) }
        return node.hasWaitingReads ? min(timeout, Self.patience) : timeout
    }

    /// Nobody is told: a reader thread runs the statement then.
    private static var notBrief: PostgresError {
        PostgresError(code: .programLimitExceeded, message: "the answer is too long to be made on the session loop")
    }

    /// Readers are few: a client that takes nothing must not keep one.
    private static var clientReadsNothing: PostgresError {
        PostgresError(
            severity: .fatal, code: .connectionFailure,
            message: "terminating connection because the client does not read its answer",
            hint: "Large results keep one of the few readers: read them at once, or in parts.")
    }

    private static var tooMuchSuspended: PostgresError {
        PostgresError(
            code: .programLimitExceeded,
            message: "the portals of a session may hold at most \(maximumWithheld >> 20) MiB of rows not fetched yet",
            hint: "Fetch all rows at once: they are sent while they are made.")
    }

    private static var tooMuchWithheld: PostgresError {
        PostgresError(
            code: .programLimitExceeded,
            message: "a transaction that writes may answer at most \(maximumWithheld >> 20) MiB before it commits",
            hint: "Run large queries in a transaction of their own, on a replica or by BEGIN READ ONLY.")
    }
}
