import Logging
import NIOConcurrencyHelpers
import TandemReplication

/// Looks after a node's part in its group's lease: asks the store, and tells the replication thread what comes of it.
final class FailoverAgent: Sendable {
    private let options: FailoverOptions
    private let state: NodeState
    private let gateway: ReplicationGateway
    private let logger: Logger
    private let task = NIOLockedValueBox<Task<Void, Never>?>(nil)

    /// How often a node looks whether its own role has changed.
    private static let glance = Duration.milliseconds(25)

    init(_ options: FailoverOptions, state: NodeState, gateway: ReplicationGateway, logger: Logger) {
        self.options = options
        self.state = state
        self.gateway = gateway
        self.logger = logger
    }

    func start() {
        task.withLockedValue { $0 = Task { await self.run() } }
    }

    /// Gives everything back. To be called when the node reigns no more.
    func stop() async {
        let task = task.withLockedValue { $0.take() }
        task?.cancel()
        await task?.value
    }

    private func run() async {
        var plan = FailoverPlan(options: options)
        var session: FailoverSession?
        while !Task.isCancelled {
            let began = ReplicationDriver.now
            let situation = self.situation(now: began)
            do {
                if let situation { note(try await look(situation, &plan, &session)) }
            } catch {
                if !Task.isCancelled { note(.failed("\(options.store.name): \(error)", since: began)) }
            }
            await rest(since: began, situation)
        }
        guard let ended = session else { return }
        // Not cancelled: the others need not wait for the lease's end.
        try? await Task { try await self.options.store.end(ended) }.value
    }

    /// Nil while the node is opened.
    private func situation(now: Moment) -> FailoverSituation? { state.machine.map { FailoverSituation($0, now: now) } }

    /// Until the next look: for the interval, or until the node's own role changes.
    private func rest(since began: Moment, _ situation: FailoverSituation?) async {
        while !Task.isCancelled, ReplicationDriver.now - began < options.interval {
            try? await Task.sleep(for: Self.glance)
            guard let current = self.situation(now: ReplicationDriver.now) else { continue }
            if situation.map({ current.differsInRole(from: $0) }) ?? true { return }
        }
    }

    /// One look into the store, and what follows from it.
    private func look(_ situation: FailoverSituation, _ plan: inout FailoverPlan, _ session: inout FailoverSession?)
        async throws -> FailoverStatus
    {
        // The session's time begins in the store after this moment.
        let end = ReplicationDriver.now + options.usableLease
        let current = try await options.store.keep(session, timeToLive: options.lease)
        session = current
        let view = try await options.store.look()
        let step = plan.next(situation, view, current, now: ReplicationDriver.now)
        switch step {
        case .hold:
            extend(until: end)
            return .own(until: end)
        case .take(let former):
            guard try await take(situation, current, after: former) else { break }
            extend(until: end)
            return .own(until: end)
        case .stand:
            guard try await take(situation, current, after: nil) else { break }
            logger.notice("nobody leads, and no node that answers has more: this node stands for promotion")
            extend(until: end)
            gateway.run { $0.standForPromotion() }
            return .own(until: end)
        case .announce: if let entry = situation.entry { try await options.store.announce(entry, current) }
        case .withdraw: if let entry = situation.entry { try await options.store.withdraw(entry) }
        case .giveBack:
            // The reign ends before another node can begin one (rule 38).
            await gateway.runToEnd { $0.leaseLost() }
            try await options.store.giveBackLead(current)
            return .free
        case .lose: gateway.run { $0.leaseLost() }
        case .wait: break
        case .refuse(let entry):
            throw FailoverStoreError(
                "the lease is that of another group, \(entry.group), held by \(entry.address): give each group a path of its own"
            )
        }
        return view.lead.map { .other($0.entry.address) } ?? .free
    }

    private func take(_ situation: FailoverSituation, _ session: FailoverSession, after former: FailoverSession?)
        async throws -> Bool
    {
        guard let entry = situation.entry else { return false }
        return try await options.store.takeLead(entry, session, after: former)
    }

    private func extend(until end: Moment) { gateway.run { $0.leaseExtended(until: end) } }

    private func note(_ status: FailoverStatus) {
        let former = state.noteFailover(status)
        guard status.isNews(after: former) else { return }
        switch status {
        case .unknown: break
        case .own: logger.notice("this node holds the group's lease")
        case .other(let address):
            logger.info("another node holds the group's lease", metadata: ["address": "\(address)"])
        case .free: logger.warning("nobody holds the group's lease")
        case .failed(let reason, _):
            logger.error("the group's lease is out of reach", metadata: ["reason": "\(reason)"])
        }
    }
}
