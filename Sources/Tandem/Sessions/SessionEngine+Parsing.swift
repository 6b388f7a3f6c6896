import PostgresWire

// Long statements are read on a thread of their own, one at a time: to cut a MiB of text into tokens and to translate them
// takes tens of milliseconds, which all other clients of an event loop would wait, and many times its memory.
extension SessionEngine {
    /// Statements up to this many bytes are read where they arrive.
    private static let longestOnLoop = 64 << 10

    /// Whether the text that comes with an action has to be read elsewhere.
    func needsParser(
        _ action: SessionStateMachine<SessionStatement, SessionPortal>.Action, on access: SessionAccess
    ) -> Bool {
        switch access {
        case .reader, .writer: return false
        case .none, .loop: break
        }
        guard !isOnParser else { return false }
        switch action {
        case .query(let sql): return sql.utf8.count > Self.longestOnLoop
        case .prepare(let parse): return parsed == nil && parse.query.utf8.count > Self.longestOnLoop
        default: return false
        }
    }

    /// Goes on on the thread for long statements.
    func runOnParser(_ interrupt: SessionInterrupt) -> Result<SessionStop, PostgresError> {
        isOnParser = true
        defer { isOnParser = false }
        let stop = run(on: .none)
        let isUnderWay = stop == .outputIsFull ? query != nil : stop != .finished
        if isUnderWay, let reason = interrupt.reason { return .failure(reason) }
        return .success(stop)
    }
}
