import NIOConcurrencyHelpers
import NIOCore
import TandemLog
import TandemReplication
import TandemSQLite

/// The way of other threads to the replication thread.
final class ReplicationGateway: GroupProposer {
    private let loop: any EventLoop
    /// Set before the first use, read on the replication thread alone.
    private let driver: NIOLoopBoundBox<ReplicationDriver?>
    private let drainIsScheduled: NIOLoopBoundBox<Bool>
    private let newsIsScheduled: NIOLoopBoundBox<Bool>
    private let state: NodeState
    private let unheard = NIOLockedValueBox(Unheard())

    /// Where the database stands, until the driver has heard of it.
    private struct Unheard {
        var position: Position?
        /// Whether the driver is to be woken for it.
        var isAwaited = true
    }

    /// Is told when the database has failed for good.
    private let databaseHasFailed: @Sendable (String) -> Void
    /// Is told of tables that are not what they ought to be.
    private let hasDrifted: @Sendable (ContentDrift) -> Void

    init(
        loop: any EventLoop, state: NodeState, hasDrifted: @escaping @Sendable (ContentDrift) -> Void,
        databaseHasFailed: @escaping @Sendable (String) -> Void
    ) {
        self.loop = loop
        self.hasDrifted = hasDrifted
        self.state = state
        self.databaseHasFailed = databaseHasFailed
        driver = NIOLoopBoundBox.makeEmptyBox(valueType: ReplicationDriver.self, eventLoop: loop)
        drainIsScheduled = NIOLoopBoundBox.makeBoxSendingValue(false, eventLoop: loop)
        newsIsScheduled = NIOLoopBoundBox.makeBoxSendingValue(false, eventLoop: loop)
    }

    /// To be called on the replication thread, before the driver starts.
    func connect(_ driver: ReplicationDriver) {
        self.driver.value = driver
        // The database thread runs already.
        if !state.drifts.isEmpty { driver.databaseDrifted() }
        if let failure = state.failure { driver.databaseFailed(failure) }
    }

    func propose(_ group: GroupProposal) { run { $0.propose(group) } }
    func flushed(_ flush: LogFlush, _ result: Result<Void, LogError>) { run { $0.flushed(flush, result) } }
    func drifted(_ drift: ContentDrift) {
        hasDrifted(drift)
        run { $0.databaseDrifted() }
    }

    func caughtUp() { run { $0.databaseCaughtUp() } }

    func writesPaused() { run { $0.writesPaused() } }

    func shows(_ position: Position) { state.databaseApplied(position.index) }

    func applied(_ position: Position) {
        let isAwaited = unheard.withLockedValue { unheard in
            unheard.position = position
            return unheard.isAwaited
        }
        if isAwaited { run { _ in } }
    }

    func databaseFailed(_ reason: any Error) {
        let text = String(describing: reason)
        databaseHasFailed(text)
        run { $0.databaseFailed(text) }
    }

    /// Runs `body` with the driver on the replication thread, and lets it do afterwards what it has put off.
    func run(_ body: @escaping @Sendable (ReplicationDriver) -> Void) {
        if loop.inEventLoop { return runHere(body) }
        loop.execute { self.runHere(body) }
    }

    /// The same; returns once it is done, or nobody can be reached any more.
    func runToEnd(_ body: @escaping @Sendable (ReplicationDriver) -> Void) async {
        try? await loop.submit { self.runHere(body) }.get()
    }

    /// Whether there is a driver to be reached. To be called on the replication thread.
    var isConnected: Bool { driver.value != nil }

    /// Nothing reaches the driver any more.
    func disconnect() -> ReplicationDriver? {
        defer { driver.value = nil }
        return driver.value
    }

    /// The same, when already on the replication thread.
    func runHere(_ body: (ReplicationDriver) -> Void) { runThrowing(body) }

    /// The same, with a body that can fail.
    func runThrowing(_ body: (ReplicationDriver) throws -> Void) rethrows {
        guard let driver = driver.value else { return }
        defer { scheduleWhatIsPutOff(by: driver) }
        if let position = unheard.withLockedValue({ $0.position.take() }) { driver.applied(position) }
        try body(driver)
    }

    private func scheduleWhatIsPutOff(by driver: ReplicationDriver) {
        let awaitsDatabase = driver.awaitsDatabase
        let hasCome = unheard.withLockedValue { unheard in
            unheard.isAwaited = awaitsDatabase
            return awaitsDatabase && unheard.position != nil
        }
        if hasCome { loop.execute { self.runHere { _ in } } }
        switch driver.putOff {
        case .nothing: return
        case .work:
            guard !drainIsScheduled.value else { return }
            drainIsScheduled.value = true
            loop.execute {
                self.drainIsScheduled.value = false
                self.driver.value?.drained()
            }
        case .news(let delay):
            guard !newsIsScheduled.value else { return }
            newsIsScheduled.value = true
            loop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) {
                self.newsIsScheduled.value = false
                self.runHere { $0.drained() }
            }
        }
    }
}
