import Testing

@testable import TandemTransactions

/// A pool's machine among tasks, a driver and a clock that do what a seed says, with all that must hold checked after
/// each step.
struct PoolSimulation {
    typealias Machine = PoolStateMachine<Int>

    /// What the driver was asked and has not answered.
    enum Call {
        case connect(until: Moment)
        case check(Int, until: Moment?)
        case close(Int)

        /// When the driver gives up, if the server says nothing.
        var deadline: Moment? {
            switch self {
            case .connect(let moment): moment
            case .check(_, let moment): moment
            case .close: nil
            }
        }
    }

    struct Failure: Error {}

    var machine: Machine
    var random: SplitMix64
    var now = Moment.now
    var calls: [(id: PoolSlotID, call: Call)] = []
    /// Calls that the machine has given up; the driver answers them all the same.
    var abandonedCalls: [(id: PoolSlotID, call: Call)] = []
    /// What the driver has open.
    var openConnections: Set<Int> = []
    var connectionsMade = 0
    /// The leases of each task; a task holds several when it asked again while it had one.
    var tasks: [Int: [Machine.Lease]] = [:]
    var tasksMade = 0
    /// Who waits, and for which task.
    var waiting: [UInt64: Int] = [:]
    /// Numbered, but not in the queue yet.
    var late: (id: PoolWaiterID, task: Int)?
    var lastWaiter: UInt64 = 0
    var grants = 0
    var failures = 0
    var isDrained = false
    var isEnding = false

    init(seed: UInt64) throws {
        random = SplitMix64(seed: seed)
        let maximumSize = Int.random(in: 1...6, using: &random)
        let configuration = try PoolConfiguration(
            maximumSize: maximumSize, minimumIdle: Int.random(in: 0...maximumSize, using: &random),
            acquireTimeout: .seconds(30), idleTimeout: .seconds(60), maximumLifetime: .seconds(300),
            keepAliveInterval: .seconds(30), leakDetectionThreshold: Bool.random(using: &random) ? .seconds(10) : nil)
        machine = Machine(configuration: configuration, name: "simulation", number: 1, seed: seed, now: now)
    }

    // MARK: Steps

    mutating func run(steps: Int) {
        for _ in 0..<steps {
            step()
            ringIfDue()
            check()
        }
        end()
    }

    mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<22: askAsNewTask()
        case 22..<28: askAgain()
        case 28..<52: releaseOne()
        case 52..<56: cancelOne()
        case 56..<86: answerCall(succeeds: Int.random(in: 0..<10, using: &random) > 0)
        case 86..<96: now += .milliseconds(Int.random(in: 0...400, using: &random))
        case 96: now += .seconds(Int.random(in: 1...60, using: &random))
        case 97:
            do {
                let now = now
                tell { $0.started(at: now) }
            }
        case 98:
            if Int.random(in: 0..<10, using: &random) == 0 {
                do {
                    let now = now
                    tell { $0.allEvicted(at: now) }
                }
            }
        default: answerAbandonedCall()
        }
    }

    /// Ends the pool: the grace passes, everybody returns what they have, the driver answers.
    private mutating func end() {
        enterLate()
        isEnding = true
        let (began, until) = (now, now + .seconds(5))
        tell { $0.shutdownBegan(until: until, at: began) }
        for _ in 0..<10_000 where !isOver {
            switch Int.random(in: 0..<3, using: &random) {
            case 0: releaseOne()
            case 1: answerCall(succeeds: true)
            default: now += .milliseconds(Int.random(in: 0...100, using: &random))
            }
            ringIfDue()
            check()
        }
        while !abandonedCalls.isEmpty { answerAbandonedCall() }
        while !calls.isEmpty { answerCall(succeeds: true) }
        #expect(isDrained)
        #expect(waiting.isEmpty)
        #expect(tasks.isEmpty)
        #expect(openConnections.isEmpty)
        #expect(machine.counts.free == machine.counts.sum)
    }

    private var isOver: Bool { isDrained && tasks.isEmpty && calls.isEmpty && waiting.isEmpty }

    mutating func ringIfDue() {
        guard let alarm = machine.alarm, alarm <= now else { return }
        let now = now
        tell { $0.timePassed(at: now) }
        for waiter in machine.queue { #expect(waiter.request.deadline > now, "a request outlived its deadline") }
        if let alarm = machine.alarm { #expect(alarm > now, "the alarm rings for ever") }
    }

    // MARK: Tasks

    private mutating func askAsNewTask() {
        tasksMade += 1
        if let lease = machine.idleRequested(by: Acquirer(transaction: "T\(tasksMade)"), at: now) {
            #expect(waiting.isEmpty, "somebody was overtaken")
            take(lease, task: tasksMade)
            if machine.isBelowMinimum {
                do {
                    let now = now
                    tell { $0.idleTaken(at: now) }
                }
            }
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
    private mutating func askAgain() {
        let candidates = tasks.keys.sorted().filter { task in !waiting.values.contains(task) }
        guard let task = candidates.randomElement(using: &random) else { return }
        lastWaiter += 1
        request(PoolWaiterID(number: lastWaiter), task: task)
    }

    private mutating func request(_ id: PoolWaiterID, task: Int) {
        let asked = now
        let request = PoolRequest(
            acquirer: Acquirer(transaction: "T\(task)"), holding: tasks[task, default: []].map(\.id), askedAt: asked,
            deadline: asked + .milliseconds(Int.random(in: 1...20_000, using: &random)))
        waiting[id.number] = task
        tell { $0.requested(id, request, at: asked) }
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
        let now = now
        if condition == .clean, machine.returnedToRest(lease.id, at: now) {
            #expect(waiting.isEmpty, "somebody waits, and a connection was kept")
            return
        }
        tell { $0.returned(lease.id, as: condition, at: now) }
    }

    mutating func cancelOne() {
        guard let number = waiting.keys.sorted().randomElement(using: &random) else { return }
        let now = now
        tell { $0.cancelled(PoolWaiterID(number: number), at: now) }
        #expect(waiting[number] == nil, "a cancelled task was not answered")
    }

    private mutating func take(_ lease: Machine.Lease, task: Int) {
        #expect(openConnections.contains(lease.connection), "a closed connection was handed out")
        let others = tasks.values.joined().map(\.connection)
        #expect(!others.contains(lease.connection), "a connection was handed out twice")
        tasks[task, default: []].append(lease)
        grants += 1
    }

    // MARK: The driver

    private mutating func answerCall(succeeds: Bool) {
        guard !calls.isEmpty else { return }
        answer(calls.remove(at: Int.random(in: 0..<calls.count, using: &random)), succeeds: succeeds)
    }

    private mutating func answerAbandonedCall() {
        if let call = abandonedCalls.popLast() { answer(call, succeeds: Bool.random(using: &random)) }
    }

    mutating func answer(_ call: (id: PoolSlotID, call: Call), succeeds: Bool) {
        let now = now
        switch call.call {
        case .connect where succeeds:
            connectionsMade += 1
            let connection = connectionsMade
            openConnections.insert(connection)
            tell { $0.connected(call.id, connection, at: now) }
        case .connect: tell { $0.connectFailed(call.id, Failure(), at: now) }
        case .check(let connection, _): tell { $0.checked(call.id, connection, isUsable: succeeds, at: now) }
        case .close(let connection):
            openConnections.remove(connection)
            tell { $0.closed(call.id, at: now) }
        }
    }

    // MARK: Answers

    mutating func tell(_ event: (inout Machine) -> [Machine.Action]) {
        for action in event(&machine) {
            switch action {
            case .connect(let id, let deadline): calls.append((id, .connect(until: deadline)))
            case .validate(let id, let connection, let deadline):
                calls.append((id, .check(connection, until: deadline)))
            case .reset(let id, let connection): calls.append((id, .check(connection, until: nil)))
            case .close(let id, let connection, _): calls.append((id, .close(connection)))
            case .abandon(let id):
                abandonedCalls += calls.filter { $0.id == id }
                calls.removeAll { $0.id == id }
            case .grant(let id, let lease): granted(id, lease)
            case .fail(let id, let failure): failed(id, failure)
            case .drained: isDrained = true
            case .reportUnknownLease: Issue.record("a lease was not known")
            case .reportLeak, .reportLeakReturned, .reportUnreachable, .reportReachable: break
            }
        }
    }

    private mutating func granted(_ id: PoolWaiterID, _ lease: Machine.Lease) {
        #expect(waiting.keys.min() == id.number, "the first was not served first")
        guard let task = waiting.removeValue(forKey: id.number) else {
            Issue.record("somebody was answered twice")
            return
        }
        take(lease, task: task)
    }

    private mutating func failed(_ id: PoolWaiterID, _ failure: PoolRequestFailure) {
        failures += 1
        #expect(waiting.removeValue(forKey: id.number) != nil, "somebody was answered twice")
        if case .deadlocked(_, let status) = failure {
            let idlers = status.holders.filter { !$0.waits }.count
            #expect(idlers == 0, "a deadlock was reported while a holder does not wait")
        }
    }
}
