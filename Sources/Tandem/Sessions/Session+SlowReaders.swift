import NIOCore
import PostgresWire

// A client that is answered faster than it reads: nothing more is run for it until it has caught up.
extension Session {
    func writabilityChanged(_ isWritable: Bool) {
        guard isWritable else { return }
        slowReaderTimer?.cancel()
        slowReaderTimer = nil
        unread.removeAll()
        if hasWork { goOnLater() }
    }

    /// What was held has been sent: it is in memory until the client reads it.
    func countUnread() {
        guard engine.withheld != nil || !engine.fetched.isEmpty else { return }
        let holds = engine.letHoldsGo()
        if !channel.isWritable { unread += holds }
    }

    /// Not here and now: something may be under way above.
    func goOnLater() {
        let session = NIOLoopBound(self, eventLoop: channel.eventLoop)
        channel.eventLoop.execute { session.value.goOn() }
    }

    /// What may wait for a client that has nothing more to ask for as long as it likes: what a result has left when it is
    /// made, and no withheld answers of hundreds of MiB.
    private static let lightweight = 1 << 20

    /// Where nothing runs because the client does not read, or is to read a lot, it has to take some of it now and then.
    /// While something runs, that waits for the client itself (`relieveIfFull`).
    func watchReading() {
        guard case .idle = state, slowReaderTimer == nil, !channel.isWritable else { return }
        let unsent = channel.unsentByteCount
        let session = NIOLoopBound(self, eventLoop: channel.eventLoop)
        slowReaderTimer = channel.eventLoop.scheduleTask(in: TimeAmount(node.configuration.slowReaderTimeout)) {
            session.value.hasBeenSlow(unsent)
        }
    }

    private func hasBeenSlow(_ former: Int) {
        slowReaderTimer = nil
        guard case .idle = state else { return }
        let unsent = channel.unsentByteCount
        guard unsent >= former, hasWork || unsent > Self.lightweight else { return watchReading() }
        end(.clientReadsNothing)
    }
}
