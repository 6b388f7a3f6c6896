extension PoolDriver {
    /// Starts a call of the driver in a task of its own, and keeps the task for as long as the call is wanted.
    ///
    /// It is detached: nothing of the transaction in which it happens to be started belongs to it.
    func start(_ call: Call, _ number: UInt64, for id: PoolSlotID) {
        let task = Task.detached { await self.run(call, number, for: id) }
        let isWanted = state.withLockedValue { state in
            guard state.operations[id]?.number == number else { return false }
            state.operations[id]?.task = task
            return true
        }
        // It has been given up, or has ended already.
        if !isWanted { task.cancel() }
    }

    private func run(_ call: Call, _ number: UInt64, for id: PoolSlotID) async {
        switch call {
        case .connect(let deadline): await connect(id, number, deadline: deadline)
        case .validate(let connection, let deadline):
            let isAlive = await connection.validate(deadline: .init(deadline)) && connection.isUsable
            ended(number, for: id) { $0.checked(id, connection, isUsable: isAlive, at: $1) }
        case .reset(let connection):
            await connection.reset()
            ended(number, for: id) { $0.checked(id, connection, isUsable: connection.isUsable, at: $1) }
        case .close(let connection, let reason):
            logger.debug(
                "closing a connection", metadata: ["server": "\(connection.server)", "reason": "\(reason.rawValue)"])
            await connection.close()
            ended(number, for: id) { $0.closed(id, at: $1) }
        }
    }

    private func connect(_ id: PoolSlotID, _ number: UInt64, deadline: Moment) async {
        let begun = Moment.now
        do {
            let connection = try await source.connect(to: role, deadline: .init(deadline))
            try await setUp(connection, until: .init(deadline))
            metrics?.connected(after: begun.duration(to: .now))
            state.withLockedValue { $0.lastServer = connection.server }
            logger.debug("made a connection", metadata: ["server": "\(connection.server)"])
            ended(number, for: id) { $0.connected(id, connection, at: $1) }
        } catch {
            ended(number, for: id) { machine, now in
                machine.connectFailed(id, error, at: now)
            }
            if !Task.isCancelled { metrics?.connectFailures.increment() }
        }
    }

    /// A connection is the pool's only once its initial statements have been run.
    private func setUp(_ connection: any DataSourceConnection, until deadline: ContinuousClock.Instant) async throws {
        guard !configuration.initialStatements.isEmpty else { return }
        do {
            try await connection.setUp(configuration.initialStatements, deadline: deadline)
        } catch {
            await connection.close()
            guard var error = error as? DatabaseError else { throw error }
            error.message = "an initial statement of the pool failed: \(error.message)"
            throw error
        }
    }

    /// A call has ended, and this is what came of it.
    private func ended(
        _ number: UInt64, for id: PoolSlotID, _ event: (inout Machine, Moment) -> [Machine.Action]
    ) {
        state.withLockedValue { state in
            if state.operations[id]?.number == number { state.operations[id] = nil }
        }
        handle { event(&$0, $1) }
    }

    // MARK: The alarm

    /// Sees to it that ``PoolStateMachine/timePassed(at:)`` is told when `moment` has come.
    func setAlarm(to moment: Moment) {
        let task = Task.detached {
            do { try await Task.sleep(until: .init(moment), clock: .continuous) } catch { return }
            self.alarmWentOff(moment)
        }
        let superseded: Task<Void, Never>? = state.withLockedValue { state in
            // Another may have been set for an earlier moment in between, or none may be wanted any more.
            guard state.alarm == moment else { return task }
            defer { state.alarmTask = task }
            return state.alarmTask
        }
        superseded?.cancel()
    }

    /// Nobody has the pool any more. Who waits is still served, calls of the driver are still given up when their time is
    /// over, and what is in use is returned; then nothing is done any more at later moments, so that no alarm keeps this alive.
    func abandon() {
        let unwanted = state.withLockedValue { state in
            state.isAbandoned = true
            return state.takeUnwantedAlarm()
        }
        unwanted?.cancel()
    }

    private func alarmWentOff(_ moment: Moment) {
        state.withLockedValue { state in
            if state.alarm == moment { state.alarm = nil }
        }
        handle { $0.timePassed(at: $1) }
    }
}
