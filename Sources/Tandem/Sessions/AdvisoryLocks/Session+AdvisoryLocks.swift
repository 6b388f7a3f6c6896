import NIOCore
import PostgresWire

// A session that waits for an advisory lock: no thread waits with it. It counts as reading, as if it waited for a thread.
extension Session {
    func waitForAdvisoryLock() {
        guard let request = engine.advisoryCalls?.awaited else { preconditionFailure("no lock is waited for") }
        if isShuttingDown { return refuse(.adminShutdown) }
        // What was answered before may be what the lock's owner waits for.
        engine.send()
        let interrupt = SessionInterrupt()
        state = .reading(interrupt)
        isWaitingForLock = true
        let session = NIOLoopBound(self, eventLoop: channel.eventLoop)
        let loop = channel.eventLoop
        statementTimer = engine.advisoryWaitLimit.map { timeout, error in
            loop.scheduleTask(in: TimeAmount(timeout)) { session.value.stopReading(interrupt, error) }
        }
        let mayCome = node.advisoryLocks.wait(for: request) {
            guard interrupt.arrived() else { return }
            loop.execute { session.value.readingEnded(.success(.needsReader)) }
        }
        if !mayCome { stopReading(interrupt, .advisoryDeadlock) }
    }
}
