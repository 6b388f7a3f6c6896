import ServiceLifecycle

extension ConnectionPool {
    /// Keeps ``PoolConfiguration/minimumIdle`` connections ready until the pool is shut down: by its service group, which
    /// gives those that hold connections ``PoolConfiguration/shutdownGrace``, by ``shutdown(grace:)``, or at once by
    /// cancellation. However it ends, the pool has been shut down then.
    ///
    /// - Throws: why no connection could be made within ``PoolConfiguration/initializationFailTimeout``.
    public func run() async throws {
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await makeFirstConnection()
                handle { $0.started(at: $1) }
                await waitForEnd()
            } onGracefulShutdown: {
                self.beginShutdown(grace: self.configuration.shutdownGrace)
            }
        } onCancel: {
            beginShutdown(grace: .zero)
        }
    }

    /// The pool's start fails where it could serve nobody, unless there are other servers.
    private func makeFirstConnection() async throws {
        guard configuration.initializationFailTimeout != nil, whenUnreachable == .wait, !hasConnected else { return }
        do {
            try await acquire(for: Acquirer(transaction: "the start of the pool")).release(needsReset: false)
        } catch is CancellationError {
            // The pool is being shut down.
        } catch let error as DatabaseError where error.code == .closed {
            // Shut down before it had begun.
        } catch {
            // Others may have been faster, and have all there are.
            if hasConnected { return }
            await shutdown(grace: .zero)
            throw error
        }
    }

    private var hasConnected: Bool { state.withLockedValue { $0.machine.hasConnected } }

    /// Ends the pool: whoever waits is still served, whoever asks anew is refused with the code `closed`, and connections
    /// are closed as they are returned.
    ///
    /// Returns when all are closed, or when `grace` is over and only those are left that are still in use; they are closed
    /// when they are returned. Cancellation ends the grace.
    ///
    /// - Parameter grace: for how long those that hold or await connections are served. Default 30 s.
    public func shutdown(grace: Duration = .seconds(30)) async {
        beginShutdown(grace: grace)
        await withTaskCancellationHandler {
            await waitForEnd()
        } onCancel: {
            beginShutdown(grace: .zero)
        }
    }

    private func beginShutdown(grace: Duration) {
        handle { $0.shutdownBegan(until: $1 + grace, at: $1) }
    }

    private func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLockedValue { state in
                if !state.machine.isDrained { state.endWaiters.append(continuation) }
                return state.machine.isDrained
            }
            if hasEnded { continuation.resume() }
        }
    }
}
