import Testing

@testable import TandemTransactions

/// What the tasks do.
extension PoolSimulation {
    mutating func askAsNewTask() {
        tasksMade += 1
        if let lease = machine.idleRequested(by: Acquirer(transaction: "T\(tasksMade)"), at: now) {
            #expect(waiting.isEmpty, "somebody was overtaken")
            take(lease, task: tasksMade)
            if machine.isBelowMinimum { tell { $0.idleTaken(at: $1) } }
            return
        }
        lastWaiter += 1
        let id = PoolWaiterID(number: lastWaiter)
        if late == nil, Int.random(in: 0..<4, using: &random) == 0 {
            late = (id, tasksMade)
        } else {
            request(id, task: tasksMade)
            if Bool.random(using: &random) { enterLate() }
        }
    }

    mutating func enterLate() {
        guard let (id, task) = late else { return }
        late = nil
        request(id, task: task)
    }

    /// A task that holds connections asks for another, as requiresNew does.
    mutating func askAgain() {
        let candidates = tasks.keys.sorted().filter { task in !waiting.values.contains(task) }
        guard let task = candidates.randomElement(using: &random) else { return }
        lastWaiter += 1
        request(PoolWaiterID(number: lastWaiter), task: task)
    }

    private mutating func request(_ id: PoolWaiterID, task: Int) {
        let request = PoolRequest(
            acquirer: Acquirer(transaction: "T\(task)"), holding: tasks[task, default: []].map(\.id), askedAt: now,
            deadline: now + .milliseconds(Int.random(in: 1...20_000, using: &random)))
        waiting[id.number] = task
        tell { $0.requested(id, request, at: $1) }
    }

    mutating func releaseOne() {
        let candidates = tasks.keys.sorted().filter { task in !waiting.values.contains(task) }
        guard let task = candidates.randomElement(using: &random), let lease = tasks[task]?.popLast() else { return }
        if tasks[task]?.isEmpty ?? false { tasks[task] = nil }
        let condition: PoolLease.Condition =
            switch Int.random(in: 0..<10, using: &random) {
            case 0: .unusable
            case 1, 2: .needsReset
            default: .clean
            }
        if condition == .clean, machine.returnedToRest(lease.id, at: now) {
            #expect(waiting.isEmpty, "somebody waits, and a connection was kept")
            return
        }
        tell { $0.returned(lease.id, as: condition, at: $1) }
    }

    mutating func cancelOne() {
        guard let number = waiting.keys.sorted().randomElement(using: &random) else { return }
        tell { $0.cancelled(PoolWaiterID(number: number), at: $1) }
        #expect(waiting[number] == nil, "a cancelled task was not answered")
    }

    mutating func take(_ lease: Machine.Lease, task: Int) {
        #expect(openConnections.contains(lease.connection), "a closed connection was handed out")
        let others = tasks.values.joined().map(\.connection)
        #expect(!others.contains(lease.connection), "a connection was handed out twice")
        tasks[task, default: []].append(lease)
        grants += 1
    }
}
