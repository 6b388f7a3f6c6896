import TandemLog
import TandemReplication

/// One node: the real machine, and a simulated rim around it.
final class SimulatedNode {
    let number: Int
    var identity: NodeID
    let address: String
    var disk: SimulatedDisk
    /// It is no member, and follows whom it was told to.
    var isCascade = false
    /// Nil while the node is down.
    var machine: ReplicationMachine?
    /// How many milliseconds go by on its clock in a second of the time that passes; 1000 on a clock that is right.
    var pace = 1000
    /// Until when the process is stopped (SIGSTOP): its connections stay open, its clock goes on, and nothing happens on it.
    var stoppedUntil: Moment?
    /// How often it has been started.
    var run = 0
    /// What the operator starts it as.
    var role: ReplicationMachine.Configuration.Role
    /// What it asks for if it reigns although it was started as a replica; nil for what is written down.
    var ruleOfReplica: ReplicationMachine.Configuration.Rule?
    /// Never comes back.
    var lost = false
    /// Lost its log, and has not caught up since.
    var amnesiac = false
    /// Primaries that have taken a connection of the node since it lost its log.
    var amnesiaKnownTo: Set<Int> = []
    /// Stories only: flushes do not return by themselves; nothing that was put off happens.
    var holdsFlush = false
    var holdsDrain = false
    /// Stories only: the next flush fails.
    var failsFlush = false
    /// Whether it was primary when the event came whose actions are carried out.
    var wasPrimary = false
    /// Actions that wait for a flush to return.
    var waiting: [ReplicationMachine.Action] = []
    var isFlushing = false
    /// The flush of its group that the database thread carries out, while other events come.
    var groupFlush: SimulatedFlush?
    /// Whether more was to be flushed meanwhile.
    var mustFlushAgain = false
    /// The commit index in the last mark, written and flushed.
    var mark = 0
    var flushedMark = 0
    /// Up to where the database may go.
    var released = 0
    /// The last index of the writer's group that waits for its commit.
    var group: Int?
    /// Whether the writer begins no group, and whether the machine has been told that none is in flight.
    var isPaused = false
    var hasToldPause = false
    /// Whether its database takes nothing any more, until the next start.
    var isDatabaseDead = false
    /// Whether its database's rows are not what the log says, and the node has found that.
    var hasDrifted = false
    /// Whether an operator starts it with the wish for one.
    var wantsSnapshot = false
    /// Where the operator has it take snapshots, whoever the primary is.
    var snapshotSource: String?
    /// Where a snapshot is fetched, and how recent it must be.
    var fetching: (address: String, minimum: Int)?
    /// The snapshot that is on its way.
    var incoming: SimulatedSnapshot?
    /// One that has arrived as a whole, and lies beside the database since an earlier run of the node.
    var kept: SimulatedSnapshot?
    /// The installation of the one that has arrived waits for room on the disk; whether it replaces the log.
    var waitsToInstall: Bool?
    /// The transactions handed in by the event at hand.
    var proposal: [Int] = []
    /// The batch handed in by the event at hand.
    var received: [SimulatedRecord] = []

    init(number: Int, state: DurableState, role: ReplicationMachine.Configuration.Role) {
        self.number = number
        identity = state.node
        address = "n\(number)"
        disk = SimulatedDisk(state: state)
        self.role = role
    }

    var isUp: Bool { machine != nil }
    var isStopped: Bool { stoppedUntil != nil }
    var canTakeEvents: Bool { machine != nil && !isFlushing && !isStopped }
    /// Whether its database thread, which flushes the log for its group, can do something else.
    var isDatabaseFree: Bool { canTakeEvents && groupFlush == nil && !isDatabaseDead }

    /// The node is set up anew, with nothing but what `state` says.
    func empty(keeping state: DurableState) {
        disk = SimulatedDisk(state: state)
        (mark, flushedMark) = (0, 0)
        (incoming, kept) = (nil, nil)
    }
}
