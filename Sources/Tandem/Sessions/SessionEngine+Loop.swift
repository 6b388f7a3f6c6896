import PostgresWire
import TandemSQLite

// Brief reads on the session loop itself. To hand a statement to a reader thread and back wakes two threads, which takes
// longer than most statements do.
extension SessionEngine {
    /// The loop's bounds are far below any time-out but those below this.
    private static let shortestTimeout = Duration.milliseconds(100)

    /// Answers what was received as far as it can be done on the loop: a statement is either run to its end, or nothing of
    /// it is answered.
    func runOnLoop(_ reader: BriefReader) -> SessionStop {
        reader.beginTurn()
        let stop = run(on: .loop(reader))
        // A query that was described and not executed: it belongs to the loop's connection.
        active = nil
        return stop
    }

    /// Runs `body` with the loop's reader, if `statement` seems to be brief.
    ///
    /// - Returns: false if it has not been run, and nothing of it has been answered, whatever the reason: a reader thread
    ///   runs it then, and finds out.
    func attempt(
        _ statement: SessionStatement, on reader: BriefReader,
        _ body: (any StatementConnection) throws(PostgresError) -> Void
    ) -> Bool {
        // It was run to be described, and goes on.
        let isOpen = active?.statement === statement
        guard reader.hasRoom, isOpen || mayTry(statement) else {
            // Described here, but executed elsewhere.
            active = nil
            return false
        }
        // Room for this one's: the others' are final.
        if output.byteCount >= Self.pieceSize / 2 { send() }
        let mark = output.mark
        var failed = false
        reader.beginAttempt(statement.untypedText, isOpen: isOpen)
        do throws(PostgresError) {
            try body(reader)
        } catch {
            failed = true
            active = nil
        }
        switch reader.endAttempt(failed: failed) {
        case .done: return true
        case .exceeded: statement.types.pace.triedInVain()
        case .needsDisk: break
        case .needsSchema: readSchema(reader)
        }
        active = nil
        statement.types.forgetLookups()
        output.truncate(to: mark)
        return false
    }

    /// Has a reader thread read the schema for the loop.
    private func readSchema(_ reader: BriefReader) {
        let loop = channel.eventLoop
        node.read {
            reader.readSchema()
            loop.execute { reader.schemaWasRead() }
        }
    }

    private func mayTry(_ statement: SessionStatement) -> Bool {
        // The loop's reader cannot look up columns.
        guard statement.types.pace.isBrief, statement.command == .read, !statement.mayDependOnColumns else {
            return false
        }
        guard readsLatest(statement), channel.isWritable, node.takesReads,
            statement.sql.utf8.count <= BriefReader.maximumStatementLength
        else { return false }
        return settings.statementTimeout.map { $0 >= Self.shortestTimeout } ?? true
    }

    /// Runs `body` on a reader thread, and notes what that used of the processor.
    func measured(
        _ statement: SessionStatement, _ body: () throws(PostgresError) -> Void
    ) throws(PostgresError) {
        guard statement.command == .read, !statement.types.pace.isBrief else { return try body() }
        let began = ProcessorTime.ofThread
        try body()
        statement.types.pace.ranOnReader(using: ProcessorTime.ofThread &- began)
    }
}
