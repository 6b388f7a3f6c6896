extension PoolDriver {
    /// What is to be done outside of the lock, with all that it needs from inside.
    enum Effect {
        case resume(Continuation, Machine.Lease)
        case fail(Continuation, PoolRequestFailure)
        /// Start a call of the driver.
        case start(PoolSlotID, number: UInt64, Call)
        case cancel(Task<Void, Never>)
        case setAlarm(Moment)
        case report(Report)
        case end([CheckedContinuation<Void, Never>], leased: Int)
    }

    /// A call of the driver.
    enum Call {
        case connect(deadline: Moment)
        case validate(any DataSourceConnection, deadline: Moment)
        case reset(any DataSourceConnection)
        case close(any DataSourceConnection, PoolCloseReason)
    }

    /// What people should know.
    enum Report {
        case leak(Acquirer, Duration)
        case leakReturned(Acquirer, Duration)
        case unreachable(any Error)
        case reachable
        case unknownLease(LeaseID)
    }

    /// Tells the machine what happened and does what follows from it.
    ///
    /// - Parameter waiter: who waits from now on, if the event is a request.
    func handle(
        at now: Moment = .now, _ event: (inout Machine, Moment) -> [Machine.Action],
        waiter: (PoolWaiterID, Continuation)? = nil
    ) {
        let (effects, before, after) = state.withLockedValue { state in
            let before = state.machine.numbers
            if let (id, continuation) = waiter { state.waiters[id] = continuation }
            let actions = event(&state.machine, now)
            return (state.effects(of: actions), before, state.machine.numbers)
        }
        metrics?.changed(from: before, to: after)
        for effect in effects { perform(effect) }
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .resume(let continuation, let lease): continuation.resume(returning: PoolLease(lease, of: self))
        case .fail(let continuation, let failure): continuation.resume(throwing: error(for: failure))
        case .start(let id, let number, let call): start(call, number, for: id)
        case .cancel(let task): task.cancel()
        case .setAlarm(let moment): setAlarm(to: moment)
        case .report(let report): log(report)
        case .end(let waiters, let leased):
            if leased > 0 {
                logger.warning(
                    "the pool has been shut down while connections are in use", metadata: ["leased": "\(leased)"])
            }
            for waiter in waiters { waiter.resume() }
        }
    }

    private func log(_ report: Report) {
        switch report {
        case .leak(let acquirer, let duration):
            metrics?.leaks.increment()
            logger.warning(
                "a connection has been in use for longer than leakDetectionThreshold",
                metadata: ["acquirer": "\(acquirer)", "for": "\(duration.shortText)"])
        case .leakReturned(let acquirer, let duration):
            logger.info(
                "a connection that was reported as leaked has been returned",
                metadata: ["acquirer": "\(acquirer)", "after": "\(duration.shortText)"])
        case .unreachable(let failure):
            logger.warning("no connection can be made; trying again", metadata: ["error": "\(failure)"])
        case .reachable: logger.notice("connections can be made again")
        case .unknownLease(let lease):
            logger.error("a connection was returned that is not in use", metadata: ["lease": "\(lease)"])
        }
    }
}

extension PoolDriver.State {
    /// Whether something is to be done when its moment has come.
    private var isWatched: Bool { !isAbandoned || !machine.queue.isEmpty || !operations.isEmpty }

    /// The alarm, where nothing is to be done any more when it rings.
    mutating func takeUnwantedAlarm() -> Task<Void, Never>? {
        guard !isWatched else { return nil }
        defer { (alarm, alarmTask) = (nil, nil) }
        return alarmTask
    }

    /// The moment to which the alarm is to be set, if that is sooner than it would go off.
    mutating func takeNewAlarm() -> Moment? {
        guard let wanted = machine.alarm, alarm.map({ wanted < $0 }) ?? true, isWatched else { return nil }
        alarm = wanted
        return wanted
    }

    /// Takes out of the state what `actions` need.
    fileprivate mutating func effects(of actions: [PoolDriver.Machine.Action]) -> [PoolDriver.Effect] {
        var effects: [PoolDriver.Effect] = []
        for action in actions {
            if let effect = effect(of: action) { effects.append(effect) }
        }
        if let alarm = takeNewAlarm() { effects.append(.setAlarm(alarm)) }
        if let unwanted = takeUnwantedAlarm() { effects.append(.cancel(unwanted)) }
        return effects
    }

    private mutating func effect(of action: PoolDriver.Machine.Action) -> PoolDriver.Effect? {
        switch action {
        case .connect(let id, let deadline): return start(.connect(deadline: deadline), for: id)
        case .validate(let id, let connection, let deadline):
            return start(.validate(connection, deadline: deadline), for: id)
        case .reset(let id, let connection): return start(.reset(connection), for: id)
        case .close(let id, let connection, let reason): return start(.close(connection, reason), for: id)
        case .abandon(let id): return operations.removeValue(forKey: id)?.task.map { .cancel($0) }
        case .grant(let id, let lease): return waiters.removeValue(forKey: id).map { .resume($0, lease) }
        case .fail(let id, let failure): return waiters.removeValue(forKey: id).map { .fail($0, failure) }
        case .reportLeak(let acquirer, let duration): return .report(.leak(acquirer, duration))
        case .reportLeakReturned(let acquirer, let duration): return .report(.leakReturned(acquirer, duration))
        case .reportUnreachable(let failure): return .report(.unreachable(failure))
        case .reportReachable: return .report(.reachable)
        case .reportUnknownLease(let lease): return .report(.unknownLease(lease))
        case .drained(let leased):
            defer { endWaiters = [] }
            return .end(endWaiters, leased: leased)
        }
    }

    private mutating func start(_ call: PoolDriver.Call, for id: PoolSlotID) -> PoolDriver.Effect {
        lastOperation += 1
        operations[id] = PoolDriver.Operation(number: lastOperation, task: nil)
        return .start(id, number: lastOperation, call)
    }
}
