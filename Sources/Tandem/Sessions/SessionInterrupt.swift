import NIOConcurrencyHelpers
import PostgresWire
import TandemSQLite

/// Lets the event loop stop what a session runs on a reader thread, and what it exchanges on the database thread.
final class SessionInterrupt: Sendable {
    private struct State {
        var interrupter: Interrupter?
        var isCancelled = false
        var isTimeout = false
    }

    private let state = NIOLockedValueBox(State())

    /// Whether it was not the client but `statement_timeout` that stopped it.
    var isTimeout: Bool { state.withLockedValue { $0.isTimeout } }

    /// Whether what runs is to end.
    var isCancelled: Bool { state.withLockedValue { $0.isCancelled } }

    /// Whether something was to end; what comes next is not meant by that.
    func takeCancellation() -> Bool {
        state.withLockedValue { state in
            defer { state.isCancelled = false }
            return state.isCancelled
        }
    }

    /// Stops the running statement, or the one that is about to run.
    func cancel(isTimeout: Bool = false) {
        state.withLockedValue { state in
            if !state.isCancelled { state.isTimeout = isTimeout }
            state.isCancelled = true
            state.interrupter?.cancel()
        }
    }

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
            let reader = try heldReader ?? node.readers.checkOut()
            if heldReader == nil, block?.isReadOnly == true {
                try reader.beginRead()
                heldReader = reader
            }
            // The one a block keeps is given back when the block ends.
            let isKept = heldReader != nil
            defer { if !isKept { node.readers.checkIn(reader) } }
            guard interrupt.begin(reader.interrupter) else {
                return .failure(interrupt.isTimeout ? .timedOut : .canceled)
            }
            let stop = run(on: .reader(reader))
            interrupt.end()
            active?.release()
            active = nil
            return .success(stop)
        } catch {
            return .failure(PostgresError(mapping: error))
        }
    }
}
