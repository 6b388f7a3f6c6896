import NIOConcurrencyHelpers
import PostgresWire
import TandemSQLite

/// Lets the event loop stop what a session runs on a reader thread, and what it exchanges on the database thread.
final class SessionInterrupt: Sendable {
    private struct State {
        /// Whether what it would stop has not begun: it waits for a thread.
        var isWaiting = true
        var interrupter: Interrupter?
        var reason: PostgresError?
        /// Whether what runs is to end.
        var isCancelled = false
    }

    private let state = NIOLockedValueBox(State())

    /// Why it was stopped: 57014, or the end of the session.
    var reason: PostgresError? { state.withLockedValue { $0.reason } }

    /// Whether that is the end of the session.
    var endsSession: Bool { state.withLockedValue { $0.reason?.severity.endsSession == true } }

    /// Whether what runs is to end.
    var isCancelled: Bool { state.withLockedValue { $0.isCancelled } }

    /// Why something was to end, if it was; what comes next is not meant by that.
    func takeCancellation() -> PostgresError? {
        state.withLockedValue { state in
            defer {
                state.isCancelled = false
                state.reason = nil
            }
            return state.reason
        }
    }

    /// Stops the running statement, or the one that is about to run. The first reason counts, but for one that ends the
    /// session.
    func cancel(_ reason: PostgresError = .canceled) {
        state.withLockedValue { state in
            if !state.isCancelled || reason.severity.endsSession { state.reason = reason }
            state.isCancelled = true
            state.interrupter?.cancel()
        }
    }

    /// A thread is there.
    ///
    /// - Returns: false if nobody waits for that any more.
    func arrived() -> Bool {
        state.withLockedValue { state in
            defer { state.isWaiting = false }
            return state.isWaiting
        }
    }

    /// Takes back what still waits for a thread.
    ///
    /// - Returns: false if it has begun, or was taken back before.
    func withdraw() -> Bool { arrived() }

    /// From now on `interrupter` stops what runs.
    ///
    /// - Returns: false if it has been stopped already.
    func begin(_ interrupter: Interrupter) -> Bool {
        state.withLockedValue { state in
            state.interrupter = interrupter
            return !state.isCancelled
        }
    }

    func end() {
        state.withLockedValue { $0.interrupter = nil }
    }
}

extension SessionEngine {
    /// Runs steps with a reader: the one a block keeps, or one of the pool.
    func runOnReader(_ interrupt: SessionInterrupt) -> Result<SessionStop, PostgresError> {
        self.interrupt = interrupt
        defer { self.interrupt = nil }
        do {
            let reader = try heldReader ?? node.readers.checkOut { interrupt.isCancelled }
            // The one a block keeps is given back when the block ends.
            var isKept = heldReader != nil
            defer { if !isKept { node.readers.checkIn(reader) } }
            if !isKept, block?.isReadOnly == true {
                try reader.beginRead()
                heldReader = reader
                isKept = true
            }
            guard interrupt.begin(reader.interrupter) else { return .failure(interrupt.reason ?? .canceled) }
            let stop = run(on: .reader(reader))
            interrupt.end()
            active?.release()
            active = nil
            return .success(stop)
        } catch {
            return .failure(interrupt.reason ?? PostgresError(mapping: error))
        }
    }
}
