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
        case 97: tell { $0.started(at: $1) }
        case 98:
            if Int.random(in: 0..<10, using: &random) == 0 { tell { $0.allEvicted(at: $1) } }
        default: answerAbandonedCall()
        }
    }

    /// Ends the pool: the grace passes, everybody returns what they have, the driver answers.
    private mutating func end() {
        enterLate()
        isEnding = true
        tell { $0.shutdownBegan(until: $1 + .seconds(5), at: $1) }
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
        tell { $0.timePassed(at: $1) }
        for waiter in machine.queue { #expect(waiter.request.deadline > now, "a request outlived its deadline") }
        if let alarm = machine.alarm { #expect(alarm > now, "the alarm rings for ever") }
    }
}
