import TandemLog

// Answering START and PROMISE: docs/REPLICATION.md, rules 7, 8, 11 and 30.
extension ReplicationMachine {
    /// Another node asks, on a connection of its own, for this node's promise. Answered by one message, after which
    /// the connection is closed.
    public mutating func promiseRequested(_ request: PromiseRequest, from connection: ConnectionID, now: Moment)
        -> [Action]
    {
        let outcome: PromiseAnswer.Outcome
        if let refused = refusal(of: request) {
            outcome = .refused(refused)
        } else {
            switch request.kind {
            case .announcement: hear(of: request, now: now)
            case .start, .promotion: if !request.survey { promise(request, now: now) }
            }
            outcome = .promised(standing())
        }
        let answer = PromiseAnswer(node: durable.node, epoch: request.epoch, survey: request.survey, outcome: outcome)
        perform(.send(.promiseAnswer(answer), to: connection))
        perform(.close(connection, reason: "answered"))
        return finish()
    }

    private func refusal(of request: PromiseRequest) -> Refused? {
        func refused(_ reason: Refused.Reason) -> Refused {
            Refused(reason: reason, promised: durable.promised, primary: addressToAsk)
        }
        guard durable.group == request.group else { return refused(.otherGroup) }
        guard request.node != durable.node else { return refused(.sameNode) }
        guard role != .failed, role != .idle else { return refused(.failed) }
        // Without what it has promised: nobody's reign is to depend on a cascade.
        guard !configuration.cascades else { return Refused(reason: .cascade, promised: nil) }
        if case .announcement = request.kind {
            let isOver = durable.promised.map { request.epoch < $0 } ?? false
            return isOver ? refused(.epochTooLow) : nil
        }
        guard durable.whole || mutations.contains(.notWholePromises) else { return refused(.notWhole) }
        if case .start(let reign) = request.kind, let promised = durable.promised {
            guard promised <= reign || promised.node == request.node else { return refused(.superseded) }
        }
        if let promised = durable.promised, request.epoch <= promised { return refused(.epochTooLow) }
        if case .promotion = request.kind, request.survey, seesPrimary { return refused(.primaryAlive) }
        return nil
    }

    /// A primary says that it reigns: an older one steps down, a replica without a primary dials it (H17).
    private mutating func hear(of request: PromiseRequest, now: Moment) {
        if case .following = upstream { return }
        primaryHint = request.address
        learn(request.epoch, from: request.node, now: now)
    }

    /// Whether this node reigns, or hears from a primary.
    private var seesPrimary: Bool {
        if case .following = upstream { return true }
        return role == .primary
    }

    /// Makes the promise durable and leaves whatever it ends (rule 11).
    private mutating func promise(_ request: PromiseRequest, now: Moment) {
        if mutations.contains(.surveyInsteadOfPromise) { return }
        note(counterOf: request.epoch)
        durable.promised = request.epoch
        durable.reign = nil
        if !mutations.contains(.promisesNotDurable) { persist() }
        primaryHint = request.address
        if case .promotion? = election?.kind { promotionFailed(.superseded(by: request.epoch), now: now) }
        switch role {
        case .primary, .candidate, .starting: leaveRole(.superseded(by: request.epoch), now: now)
        case .replica:
            election = nil
            closeUpstream(reason: "promised a new epoch")
            follow(now: now)
        case .idle, .failed: break
        }
    }

    /// What this node answers with a promise (rules 7 and 8): what it has *flushed*, what it knows to be committed, and its
    /// member records.
    private func standing() -> PromiseAnswer.Promised {
        PromiseAnswer.Promised(
            position: log.position(at: log.flushed), committed: log.position(at: commit),
            memberRecords: Array(log.recordsInForce(commit: commit)))
    }

    /// Where a member is, by the newest record.
    func address(of node: NodeID) -> String? {
        log.memberRecords.last?.record.members.first { $0.node == node }?.address
    }

    /// Where the primary is, as far as this node knows.
    var primaryAddress: String? {
        switch upstream {
        case .following(let following) where configuration.cascades: address(of: following.epoch.node)
        case .following(let following): following.address
        case .none, .waiting, .dialling: role == .primary ? configuration.address : nil
        }
    }

    /// Whom REFUSED names to those who look for the primary. A cascade whose log has no member record yet names the node that
    /// it follows: the first commit may wait for the very node that asks.
    var addressToAsk: String? {
        if let primaryAddress { return primaryAddress }
        guard case .following(let following) = upstream else { return nil }
        return following.address
    }
}
