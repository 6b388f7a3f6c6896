extension ConnectionHolder {
    /// Takes the gate if nobody has it.
    func enterIfFree() -> Bool {
        state.withLock { !$0.isEnding && $0.gate.state == .free && $0.gate.statementArrived() == .entered }
    }

    /// Waits for the connection.
    nonisolated(nonsending) func enter() async throws {
        try Task.checkCancellation()
        let (entry, ticket) = state.withLock { state in
            let entry = state.isEnding ? .mustWait : state.gate.statementArrived()
            return (entry, entry == .mustWait ? state.gate.makeTicket() : 0)
        }
        switch entry {
        case .entered: return
        case .streamIsOpen: throw streamIsOpenError()
        case .mustWait: break
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { self.wait($0, ticket: ticket) }
        } onCancel: {
            self.stopWaiting(ticket: ticket)
        }
    }

    private func wait(_ waiter: Waiter, ticket: UInt64) {
        let answer: Result<Void, any Error>? = state.withLock { state in
            if state.isEnding { return .failure(endedError()) }
            switch state.gate.statementArrived() {
            case .entered: return .success(())
            case .streamIsOpen: return .failure(streamIsOpenError())
            case .mustWait:
                state.gate.waitingBegan(ticket, waiter)
                return nil
            }
        }
        if let answer { return waiter.resume(with: answer) }
        // The handler may have run before there was anybody to find.
        if Task.isCancelled { stopWaiting(ticket: ticket) }
    }

    private func stopWaiting(ticket: UInt64) {
        state.withLock { $0.gate.waitingCancelled(ticket) }?.resume(throwing: CancellationError())
    }

    /// Waits for the connection at the end of a scope: not to be refused, nor cancelled.
    nonisolated(nonsending) func enterForEnd() async {
        if state.withLock({ $0.gate.endArrived() }) { return }
        // The only ones who resume it do so with a success.
        try? await withCheckedThrowingContinuation { (waiter: Waiter) in
            let hasEntered = state.withLock { state in
                if state.gate.endArrived() { return true }
                state.gate.endWaits(waiter)
                return false
            }
            if hasEntered { waiter.resume() }
        }
    }

    /// Gives the connection to the next who waits.
    func free(hasWritten: Bool) {
        state.withLock { state in
            if hasWritten { state.hasWritten = true }
            return state.gate.connectionFreed()
        }?.resume()
    }
}

extension ConnectionHolder.State {
    /// Whether statements are not taken any more.
    var isEnding: Bool {
        switch machine.state {
        case .ending, .ended: true
        case .lazy, .begun, .broken: false
        }
    }
}
