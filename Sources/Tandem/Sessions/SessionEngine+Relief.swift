import PostgresWire
import TandemSQLite

// Answers go out while more are made, and no faster than the client reads.
extension SessionEngine {
    /// Whether something of what was received is still to be run.
    var hasWork: Bool { pending != nil || query != nil && copyIn == nil || !messages.isEmpty }

    /// Between two statements, outside of the writer: sends what was answered, once that is a piece.
    ///
    /// - Returns: whether what follows has to wait. On the event loop it does in any case, for the others' sake.
    func mustPause(on access: SessionAccess) -> Bool {
        guard output.byteCount >= Self.pieceSize, writerTransaction == .none, hasWork else { return false }
        send()
        guard case .reader = access, channel.isWritable else { return true }
        _ = letHoldsGo()
        return false
    }

    /// A large result goes out while it is made, as fast as the client reads. What a transaction answers that shares its
    /// group on the writer is withheld, within a bound, because it may not be shown yet.
    func relieveIfFull(_ access: SessionAccess) throws(PostgresError) {
        guard output.byteCount >= Self.pieceSize else { return }
        if case .loop = access { throw .notBrief }
        // An interactive transaction is its group's first: it has seen nothing that is not acknowledged.
        guard interrupt != nil else {
            guard output.byteCount < Self.maximumWithheld else { throw Self.tooMuchWithheld }
            let hold = withheld ?? AnswerHold(node.answerRoom.memory)
            withheld = hold
            return try hold.grow(to: output.byteCount)
        }
        send()
        piecesSent &+= 1
        try waitForClient(ofWriter: access) { $0.isCancelled }
    }

    /// Whether the client may be waited for before that is done, with an error if it is in vain: behind an error nothing
    /// else is told up to the Sync, and with that.
    func mayWait(before action: SessionStateMachine<SessionStatement, SessionPortal>.Action) -> Bool {
        switch action {
        case .ignore, .sync: false
        default: true
        }
    }

    /// Between two messages, in an open transaction on the writer: what it has answered goes out, and the client has to
    /// take it before more is done.
    func sendAndWaitForClient(_ writer: WriterConnection) throws(PostgresError) {
        send()
        // There is no statement that a cancel could mean.
        try waitForClient(ofWriter: .writer(writer)) { $0.reason?.severity.endsSession == true }
        _ = letHoldsGo()
    }

    /// Waits until the client has taken most of what was sent to it; blocks the thread.
    ///
    /// - Parameter isBrokenOff: whether it is to be waited for no longer.
    private func waitForClient(
        _ access: SessionAccess, unless isBrokenOff: (SessionInterrupt) -> Bool
    ) throws(PostgresError) {
        let start = ContinuousClock.now
        while true {
            if sessionEnd?.reason != nil { throw .canceled }
            if let interrupt, isBrokenOff(interrupt) { throw .canceled }
            if channel.isWritable { return }
            // Now and then it is looked at whether the client, or its timeout, wants no more of it.
            switch channel.waitUntilWritable(timeout: .milliseconds(200)) {
            case .writable: return
            case .closed:
                isClosing = true
                throw PostgresError(code: .connectionFailure, message: "the client is gone")
            case .timedOut: if .now - start >= slowReaderTimeout(access) { throw .clientReadsNothing }
            }
        }
    }

    /// A transaction that has written waits no longer than that for its client, all together: everybody else waits for it.
    private func waitForClient(
        ofWriter access: SessionAccess, unless isBrokenOff: (SessionInterrupt) -> Bool
    ) throws(PostgresError) {
        guard case .writer = access, !channel.isWritable else {
            return try waitForClient(access, unless: isBrokenOff)
        }
        let start = ContinuousClock.now
        defer { waitedForClient += .now - start }
        try waitForClient(access, unless: isBrokenOff)
        guard waitedForClient + (.now - start) < node.configuration.slowReaderTimeout else { throw .clientReadsSlowly }
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

    private static var tooMuchWithheld: PostgresError {
        PostgresError(
            code: .programLimitExceeded,
            message: "a transaction that writes may answer at most \(maximumWithheld >> 20) MiB before it commits",
            hint: "Run large queries in a transaction of their own, on a replica or by BEGIN READ ONLY.")
    }
}

extension PostgresError {
    /// Nobody is told: a reader thread runs the statement then.
    static var notBrief: PostgresError {
        PostgresError(code: .programLimitExceeded, message: "the answer is too long to be made on the session loop")
    }

    /// A client that takes its answer drop by drop would keep the writer for as long as it likes.
    static var clientReadsSlowly: PostgresError {
        PostgresError(
            severity: .fatal, code: .connectionFailure,
            message: "terminating connection because the client reads its answer too slowly",
            hint:
                "A transaction that has written keeps the writer from all others: read large results before its first "
                + "write, or in a transaction of their own.")
    }

    /// What a client does not take is kept for it, in memory, and often one of the few readers with it.
    static var clientReadsNothing: PostgresError {
        PostgresError(
            severity: .fatal, code: .connectionFailure,
            message: "terminating connection because the client does not read its answer",
            hint: "Large results keep one of the few readers: read them at once, or in parts.")
    }
}
