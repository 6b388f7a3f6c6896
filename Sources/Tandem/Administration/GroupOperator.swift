import NIOCore
import TandemLog
import TandemReplication

/// Carries out what an operator asks for, one change at a time, and learns from the reports of the machine how it ended.
///
/// It lives on the replication thread; ``carryOut(_:)`` may be called from any.
final class GroupOperator: Sendable {
    /// Writes are paused for so long at most before a planned change of the primary is given up.
    static let switchOverLimit = Duration.seconds(5)

    /// A change under way.
    private struct Pending {
        let change: GroupChange
        /// Who takes over, or is removed.
        var node: NodeID?
        let promise: EventLoopPromise<Epoch>
    }

    private let gateway: ReplicationGateway
    private let loop: any EventLoop
    private let pending: NIOLoopBoundBox<Pending?>

    init(gateway: ReplicationGateway, loop: any EventLoop) {
        self.gateway = gateway
        self.loop = loop
        pending = NIOLoopBoundBox.makeEmptyBox(valueType: Pending.self, eventLoop: loop)
    }

    /// - Returns: the new epoch, once it has begun; or a ``TandemError`` that says why there is none.
    func carryOut(_ change: GroupChange) -> EventLoopFuture<Epoch> {
        let promise = loop.makePromise(of: Epoch.self)
        gateway.run { driver in self.begin(change, driver, promise) }
        // Nobody reaches the driver of a node that has stopped.
        loop.execute { if !self.gateway.isConnected { promise.fail(TandemError.stopped) } }
        return promise.futureResult
    }

    private func begin(_ change: GroupChange, _ driver: ReplicationDriver, _ promise: EventLoopPromise<Epoch>) {
        guard pending.value == nil else {
            return promise.fail(TandemError(.unavailable, "another change of the primary is under way"))
        }
        switch change {
        case .promotion(let acceptsDataLoss):
            pending.value = Pending(change: change, promise: promise)
            driver.promote(acceptsDataLoss: acceptsDataLoss)
        case .switchOver(let name):
            guard let target = find(name, driver, promise) else { return }
            pending.value = Pending(change: change, node: target, promise: promise)
            driver.handOver(to: target, within: Self.switchOverLimit)
        case .removal(let name, let acceptsDataLoss):
            guard let member = find(name, driver, promise) else { return }
            pending.value = Pending(change: change, node: member, promise: promise)
            driver.remove(member, acceptsDataLoss: acceptsDataLoss)
        }
    }

    /// The node of that address or identity; fails the promise if there is none.
    private func find(_ name: String, _ driver: ReplicationDriver, _ promise: EventLoopPromise<Epoch>) -> NodeID? {
        let peers = driver.machine.status(now: ReplicationDriver.now).peers
        if let peer = peers.first(where: { $0.address == name || $0.node.description == name }) { return peer.node }
        let known = peers.map(\.address).sorted().joined(separator: ", ")
        let others = known.isEmpty ? "" : "; there are \(known)"
        promise.fail(TandemError(.unavailable, "no other node of this group is called '\(name)'\(others)"))
        return nil
    }

    /// What the machine has to say may be what is waited for. On the replication thread.
    func note(_ report: ReplicationReport, status: @autoclosure () -> ReplicationStatus?) {
        guard let pending = pending.value else { return }
        switch (pending.change, report) {
        case (.promotion, .elected(let epoch, _)): end { $0.succeed(epoch) }
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
        case (.removal, .membersChanging(let record, _)):
            guard let node = pending.node, !record.contains(node), let epoch = status()?.epoch else { return }
            end { $0.succeed(epoch) }
        case (.removal, .removalGivenUp(let failure)):
            let words = failure.words(among: status()?.peers ?? [])
            end { $0.fail(TandemError(.unavailable, words)) }
        default: break
        }
    }

    /// The node stops.
    func stop() { end { $0.fail(TandemError.stopped) } }

    private func end(_ body: (EventLoopPromise<Epoch>) -> Void) {
        guard let promise = pending.value?.promise else { return }
        pending.value = nil
        body(promise)
    }
}

extension TandemError {
    fileprivate static var stopped: TandemError { TandemError(.unavailable, "the node is shutting down") }
}
