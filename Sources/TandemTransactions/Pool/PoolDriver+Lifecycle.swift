import ServiceLifecycle

extension PoolDriver {
    /// Runs until the pool is shut down: by its service group, by ``shutdown(grace:)``, or by cancellation.
    func run() async throws {
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

    /// Returns when all connections are closed, or the grace is over.
    func shutdown(grace: Duration) async {
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
