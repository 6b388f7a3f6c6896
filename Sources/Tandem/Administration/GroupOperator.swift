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
        /// Who takes over, in a switch-over.
        var target: NodeID?
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
            let status = driver.machine.status(now: ReplicationDriver.now)
            guard let target = status.peers.first(where: { $0.address == name || $0.node.description == name })
            else {
                let known = status.peers.map(\.address).sorted().joined(separator: ", ")
                return promise.fail(
                    TandemError(
                        .unavailable,
                        "no other node of this group is called '\(name)'\(known.isEmpty ? "" : "; there are \(known)")"
                    ))
            }
            pending.value = Pending(change: change, target: target.node, promise: promise)
            driver.handOver(to: target.node, within: Self.switchOverLimit)
        }
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
                if epoch.node == pending.target { return promise.succeed(epoch) }
                promise.fail(
                    TandemError(.unavailable, "another node than the one meant has become the primary: \(epoch)"))
            }
        case (.switchOver, .steppedDown(let reason)):
            end { $0.fail(TandemError(.unavailable, "this node stepped down before: \(reason)")) }
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
