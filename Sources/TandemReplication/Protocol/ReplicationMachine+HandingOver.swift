import TandemLog

// A planned change of the primary: docs/REPLICATION.md, rule 35.
extension ReplicationMachine {
    /// An operator wants a replica to take over from this primary, which lives.
    ///
    /// The writer is paused; once the target has flushed everything, it is told to stand for promotion. Whatever goes
    /// wrong on the way, writes go on here after `limit`.
    public mutating func handOverRequested(to target: NodeID, within limit: Duration, now: Moment) -> [Action] {
        if reign?.handOver != nil {
            report(.handOverGivenUp(.underWay))
        } else if let failure = obstacleToHandingOver(to: target) {
            report(.handOverGivenUp(failure))
        } else {
            reign?.handOver = HandOver(target: target, until: now + limit)
            report(.handingOver(to: target))
            perform(.pauseWrites)
        }
        return finish()
    }

    /// The writer has come to rest, as ``Action/pauseWrites`` asked for: everything it did is proposed and decided.
    public mutating func writesPaused(now: Moment) -> [Action] {
        reign?.handOver?.isQuiet = true
        considerHandOver(now: now)
        return finish()
    }

    /// Tells the target to take over once it has everything; gives up when that takes too long.
    mutating func considerHandOver(now: Moment) {
        guard role == .primary, let handOver = reign?.handOver else { return }
        guard now < handOver.until else {
            let isLevel = followers[handOver.target]?.acknowledged == log.last
            return giveUpHandOver(.timedOut(isQuiet: handOver.isQuiet, isLevel: isLevel))
        }
        guard !handOver.isTold else { return }
        if let failure = obstacleToHandingOver(to: handOver.target) { return giveUpHandOver(failure) }
        guard handOver.isQuiet, commit == log.last, let reign, let follower = followers[handOver.target],
            follower.acknowledged == log.last, let connection = follower.connection
        else { return }
        self.reign?.handOver?.isTold = true
        perform(.send(.takeOver(TakeOver(epoch: reign.epoch, number: follower.number, last: log.last)), to: connection))
    }

    private mutating func giveUpHandOver(_ failure: ReplicationReport.HandOverFailure) {
        reign?.handOver = nil
        perform(.resumeWrites)
        report(.handOverGivenUp(failure))
    }

    /// Why `target` cannot take over now; nil if it can.
    ///
    /// Enough members must be there to promise: a promotion that fails would have ended this reign for nothing.
    private func obstacleToHandingOver(to target: NodeID) -> ReplicationReport.HandOverFailure? {
        guard servesWrites else { return .notPrimary }
        guard isMember(target), let follower = followers[target], follower.connection != nil else {
            return .notConnected(target)
        }
        guard follower.whole else { return .notWhole(target) }
        guard follower.sound else { return .unsound(target) }
        guard !follower.delayed else { return .delayed(target) }
        let present = followers.filter { $0.value.connection != nil && $0.value.whole }.map(\.key) + [durable.node]
        for placed in log.recordsInForce(commit: commit) {
            let members = placed.record.members
            guard members.count(where: { present.contains($0.node) }) < promisesRequired(under: placed.record) else {
                continue
            }
            return .tooFewMembers(missing: members.filter { !present.contains($0.node) })
        }
        return nil
    }

    /// TAKEOVER came from the primary that is followed: this node has everything, and stands for promotion.
    public mutating func takeOverReceived(_ takeOver: TakeOver, now: Moment) -> [Action] {
        guard case .following(let following) = upstream, following.number == takeOver.number,
            takeOver.epoch == durable.promised,
            takeOver.last == log.last || mutations.contains(.takeOverBehind)
        else { return finish() }
        guard !configuration.appliesDelayed else {
            report(.promotionGivenUp(.delayed))
            return finish()
        }
        return promoteRequested(surveyFirst: false, now: now)
    }
}
