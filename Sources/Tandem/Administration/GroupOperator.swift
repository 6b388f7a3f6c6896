import NIOConcurrencyHelpers
import NIOCore
import TandemLog
import TandemReplication
import TandemSQLite

/// Carries out what an operator asks for, one change at a time, and learns from the reports of the machine how it ended.
///
/// It lives on the replication thread; ``carryOut(_:)`` may be called from any.
final class GroupOperator: Sendable {
    /// Writes are paused for so long at most before a planned change of the primary is given up.
    static let switchOverLimit = Duration.seconds(5)
    /// Nobody waits longer than this for what becomes of a change; questions to members take a second or two.
    private static let patience = TimeAmount.seconds(15)

    /// A change under way.
    private struct Pending {
        let change: GroupChange
        /// Who takes over, or is removed.
        var node: NodeID?
        /// The member record that a removal has appended.
        var record: LogIndex?
        let promise: EventLoopPromise<Epoch>
        let timeout: Scheduled<Void>
    }

    typealias Pruning = @Sendable (ReplicationDriver, LogIndex?, Bool) throws(TandemError) -> Void

    private let pruning = NIOLockedValueBox<Pruning?>(nil)
    private let maintenance: MaintenanceMode
    private let gateway: ReplicationGateway
    private let loop: any EventLoop
    private let pending: NIOLoopBoundBox<Pending?>

    init(gateway: ReplicationGateway, maintenance: MaintenanceMode, loop: any EventLoop) {
        self.maintenance = maintenance
        self.gateway = gateway
        self.loop = loop
        pending = NIOLoopBoundBox.makeEmptyBox(valueType: Pending.self, eventLoop: loop)
    }

    /// Says who prunes the log.
    func pruneLog(_ body: @escaping Pruning) { pruning.withLockedValue { $0 = body } }

    /// - Returns: the new epoch, once it has begun, or the one that goes on; or a ``TandemError`` that says why there is none.
    func carryOut(_ change: GroupChange) -> EventLoopFuture<Epoch> {
        let promise = loop.makePromise(of: Epoch.self)
        gateway.run { driver in self.begin(change, driver, promise) }
        // Nobody reaches the driver of a node that has stopped.
        loop.execute { if !self.gateway.isConnected { promise.fail(TandemError.stopped) } }
        return promise.futureResult
    }

    private func begin(_ change: GroupChange, _ driver: ReplicationDriver, _ promise: EventLoopPromise<Epoch>) {
        do throws(TandemError) {
            if try changeHere(change, driver) {
                return promise.succeed(driver.machine.currentEpoch ?? AppliedState.none.position.epoch)
            }
        } catch {
            return promise.fail(error)
        }
        guard pending.value == nil else {
            return promise.fail(TandemError(.unavailable, "another change of the primary is under way"))
        }
        switch change {
        case .pruning, .maintenance, .hold, .release: break
        case .promotion where driver.machine.role == .primary:
            promise.fail(TandemError(.unavailable, "this node is the primary already; nothing was changed"))
        case .promotion(let acceptsDataLoss, let isDry):
            keep(change, of: nil, promise)
            driver.promote(acceptsDataLoss: acceptsDataLoss, surveyOnly: isDry)
        case .switchOver(let name):
            guard let target = find(name, isConnected: true, driver, promise) else { return }
            keep(change, of: target, promise)
            driver.handOver(to: target, within: Self.switchOverLimit)
        case .removal(let name, let acceptsDataLoss):
            guard let member = find(name, isConnected: false, driver, promise) else { return }
            keep(change, of: member, promise)
            driver.remove(member, acceptsDataLoss: acceptsDataLoss)
        }
    }

    /// Carries out what concerns this node alone.
    ///
    /// - Returns: whether it does.
    private func changeHere(_ change: GroupChange, _ driver: ReplicationDriver) throws(TandemError) -> Bool {
        switch change {
        case .pruning(let index, let leavesMembersBehind):
            try pruning.withLockedValue { $0 }?(driver, index, leavesMembersBehind)
            return true
        case .maintenance(let isOn):
            try maintenance.set(isOn)
            return true
        case .promotion, .switchOver, .removal, .hold, .release: return false
        }
    }

    /// From here on the change is under way, until something ends it, or nothing does for too long: a log that fails, or
    /// a promise to another node, ends a promotion without a word.
    private func keep(_ change: GroupChange, of node: NodeID?, _ promise: EventLoopPromise<Epoch>) {
        let timeout = loop.scheduleTask(in: Self.patience) {
            self.end {
                $0.fail(
                    TandemError(
                        .unavailable,
                        "it is not known yet how that ended; SHOW tandem.status says where the node stands"))
            }
        }
        pending.value = Pending(change: change, node: node, promise: promise, timeout: timeout)
    }

    /// The node of that address or identity; fails the promise if there is none.
    ///
    /// - Parameter isConnected: which one is meant where several have that address, as where a disk was replaced: the one
    ///   that is connected, or the member that is not.
    private func find(
        _ name: String, isConnected: Bool, _ driver: ReplicationDriver, _ promise: EventLoopPromise<Epoch>
    ) -> NodeID? {
        let peers = driver.machine.status(now: ReplicationDriver.now).peers
        let named = peers.filter { $0.address == name || $0.node.description == name }
        let meant = named.filter { $0.connected == isConnected && ($0.isMember || isConnected) }
        if let only = named.count == 1 ? named.first : meant.count == 1 ? meant.first : nil { return only.node }
        guard named.isEmpty else {
            let identities = named.map { "\($0.node) (\($0.connected ? "connected" : "not connected"))" }
            promise.fail(
                TandemError(
                    .unavailable,
                    "several nodes have the address \(name): say which one by its identity: \(identities.joined(separator: ", "))"
                ))
            return nil
        }
        let known = peers.map(\.address).sorted().joined(separator: ", ")
        let others = known.isEmpty ? "" : "; there are \(known)"
        promise.fail(TandemError(.unavailable, "no other node of this group is called '\(name)'\(others)"))
        return nil
    }

    /// What the machine has to say may be what is waited for. On the replication thread.
    func note(_ report: ReplicationReport, status: @autoclosure () -> ReplicationStatus?) {
        guard let pending = pending.value else { return }
        switch (pending.change, report) {
        case (.promotion, .elected(let epoch, _, _)): end { $0.succeed(epoch) }
        case (.promotion, .promotionPossible): end { $0.succeed(AppliedState.none.position.epoch) }
        case (.promotion, .promotionGivenUp(let failure)):
            let words = failure.words(among: status()?.peers ?? [])
            end { $0.fail(TandemError(.unavailable, words)) }
        case (.switchOver, .handOverGivenUp(let failure)):
            let words = failure.words(among: status()?.peers ?? [])
            end { $0.fail(TandemError(.unavailable, words)) }
        case (.switchOver, .steppedDown(.superseded(let epoch))):
            end { promise in
                if epoch.node == pending.node { return promise.succeed(epoch) }
                promise.fail(
                    TandemError(.unavailable, "another node than the one meant has become the primary: \(epoch)"))
            }
        case (.switchOver, .steppedDown(let reason)):
            end { $0.fail(TandemError(.unavailable, "this node stepped down before: \(reason)")) }
        case (.removal, .membersChanging(let record, let index)):
            guard let node = pending.node, !record.contains(node) else { return }
            self.pending.value?.record = index
        case (.removal, .steppedDown(let reason)):
            end { $0.fail(TandemError(.unavailable, "this node stepped down before that was agreed: \(reason)")) }
        case (.removal, .removalGivenUp(let failure)):
            let words = failure.words(among: status()?.peers ?? [])
            end { $0.fail(TandemError(.unavailable, words)) }
        default: break
        }
    }

    /// Something has happened to the log: a removal is true once it cannot be taken back. On the replication thread.
    func progressed(_ machine: ReplicationMachine) {
        guard case .removal(_, let isForced)? = pending.value?.change, let index = pending.value?.record,
            let epoch = machine.durable.reign
        else { return }
        // A forced one needs nobody's agreement, but has to be on this node's disk.
        guard machine.commit >= index || isForced && machine.log.flushed >= index else { return }
        end { $0.succeed(epoch) }
    }

    /// The node stops.
    func stop() { end { $0.fail(TandemError.stopped) } }

    private func end(_ body: (EventLoopPromise<Epoch>) -> Void) {
        guard let ended = pending.value else { return }
        pending.value = nil
        ended.timeout.cancel()
        body(ended.promise)
    }
}

extension TandemError {
    fileprivate static var stopped: TandemError { TandemError(.unavailable, "the node is shutting down") }
}
