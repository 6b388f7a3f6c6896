import Glibc
import TandemLog

/// Carries out what the ``ReplicationMachine`` decides: appends and flushes the log, talks to the other nodes, tells
/// the database thread how far it may go.
///
/// Everything happens on one thread, the replication thread, which owns the driver, the machine and the log; hence no
/// lock. Disk calls block it: appending and flushing the log is what it is for.
public final class ReplicationDriver {
    /// Makes or opens the log once the group is known; replicas learn it from their first primary.
    public typealias OpenLog = (GroupID) throws -> Log

    public internal(set) var machine: ReplicationMachine
    var log: Log?
    private let openLog: OpenLog
    private let stateFile: DurableStateFile
    /// Where the tail is kept that a new reign cuts off.
    let divergentDirectory: String
    let transport: any ReplicationTransport
    private let snapshots: any SnapshotFetching
    public let database: DatabaseThread
    let report: (ReplicationReport) -> Void
    /// Is told where a tail of the log was kept that a new reign cut off, above which index, and why.
    let cutKept: (String, LogIndex, ReplicationMachine.CutReason) -> Void
    /// Is told whenever the status may have changed.
    private let changed: (ReplicationDriver) -> Void

    /// The batch that ``ReplicationMachine/Action/appendReceived(knownCommit:)`` is about.
    var received: RecordBatch?
    /// The group that ``ReplicationMachine/Action/appendProposed(first:epoch:knownCommit:)`` is about.
    var proposed: GroupProposal?
    /// Up to where the database thread flushes the log at this moment, if it does.
    var flushing: LogIndex?
    /// Whether more was to be flushed meanwhile.
    var mustFlushAgain = false
    /// What was appended last, for ``ReplicationMachine/Action/streamAppended``.
    var appended: RecordBatch?
    /// When the database was last let go on.
    var lastCommit: Moment?
    /// Whether groups follow each other so closely that replicas need not be told of a commit: the next records bring the
    /// news, which costs no message, and the replicas apply one group while the next is on its way.
    var isBusy = false
    /// Up to where a replica's database may go once what has arrived is flushed and acknowledged: others wait for that, and
    /// applying would take the processor from it.
    var toApply: Position?
    var streams: [ConnectionID: OutgoingStream] = [:]
    var assembler = RecordsAssembler()
    var commitClock = CommitClock()
    /// The clock in the last message that had one.
    var lastClock: UInt64 = 0
    /// Where members said they are when they last connected: newer than what the member record has.
    var addresses: [NodeID: String] = [:]
    /// Whether the database thread was told that this node follows another's reign.
    private var toldFollows = false
    var generation = TableGeneration()
    /// The group that was appended and that the database thread has not been told of: it is once the records are on their
    /// way, because whoever is woken may take the processor from who wakes.
    var accepted: (first: LogIndex, epoch: Epoch, flush: LogFlush?)?

    public init(
        machine: ReplicationMachine, log: Log?, openLog: @escaping OpenLog, stateFile: DurableStateFile,
        divergentDirectory: String, transport: any ReplicationTransport, snapshots: any SnapshotFetching,
        database: DatabaseThread,
        report: @escaping (ReplicationReport) -> Void,
        cutKept: @escaping (String, LogIndex, ReplicationMachine.CutReason) -> Void,
        changed: @escaping (ReplicationDriver) -> Void
    ) {
        self.machine = machine
        self.log = log
        self.openLog = openLog
        self.stateFile = stateFile
        self.divergentDirectory = divergentDirectory
        self.transport = transport
        self.snapshots = snapshots
        self.database = database
        self.report = report
        self.cutKept = cutKept
        self.changed = changed
    }

    /// This moment on a clock that is never set, and goes on while the machine sleeps: a lease ends meanwhile.
    public static var now: Moment {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Moment(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Microseconds since 1970, by the wall clock.
    public static var wallClock: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1_000
    }

    /// Hands an event to the machine and carries out what it answers.
    func handle(_ event: (inout ReplicationMachine, Moment) -> [ReplicationMachine.Action]) {
        var actions = event(&machine, Self.now)
        // Before the actions: whoever is answered because of them finds the status as it is now.
        changed(self)
        while !actions.isEmpty {
            tellRole()
            var flushed: LogIndex?
            do {
                for action in actions { try execute(action, flushed: &flushed) }
            } catch {
                actions = fail(error)
                continue
            }
            actions = flushed.map { machine.flushed(through: $0, now: Self.now) } ?? []
            changed(self)
        }
    }

    /// Tells the database thread, before it is let go on, whose history it applies.
    private func tellRole() {
        let follows: Bool
        switch machine.role {
        case .replica: follows = true
        case .starting, .primary: follows = false
        case .idle, .candidate, .failed: return
        }
        guard follows != toldFollows else { return }
        toldFollows = follows
        database.follows(follows)
    }

    /// The log, or the file of the durable state, has failed. What the machine had decided besides is dropped, which
    /// may be the end of its reign: so the database thread is told here.
    func fail(_ error: any Error) -> [ReplicationMachine.Action] {
        streams.removeAll()
        tellAccepted()
        database.logFailed(error)
        return machine.logFailed(String(describing: error), now: Self.now)
    }

    private func execute(_ action: ReplicationMachine.Action, flushed: inout LogIndex?) throws {
        switch action {
        case .persist(let state): try persist(state)
        case .appendEpochRecord, .appendMemberRecord, .appendProposed, .appendReceived: try append(action)
        case .cutLog(let index, let reason): try cut(above: index, reason)
        case .keepLog(let index, let reason): try keepLog(above: index, reason)
        case .fetchSnapshot(let address, let request): snapshots.fetch(from: address, request)
        case .abandonSnapshot: snapshots.abandon()
        case .installSnapshot(let position, let replacesLog):
            snapshots.install(position, replacesLog: replacesLog)
        case .flushLog:
            // One flush at a time: the system tells the failure of one to a single caller, and the other would believe
            // that its bytes are safe.
            if flushing == nil {
                flushed = try requireLog().flush()
            } else {
                mustFlushAgain = mustFlushAgain || flushing != log?.lastIndex
            }
        case .stream(let connection, let after):
            streams[connection] = OutgoingStream(next: after.next)
            pump(connection)
        case .streamAppended: streamAppended()
        case .relay(let connection, let after, let end):
            streams[connection] = OutgoingStream(next: after.next, end: end)
            pump(connection)
        case .relayFurther(let end): relay(through: end)
        case .send(.keepalive(var keepalive), let connection):
            if keepalive.clock == 0 { keepalive.clock = nextClock() }
            transport.send(.keepalive(keepalive), to: connection)
        case .send(let message, let connection): transport.send(message, to: connection)
        case .close(let connection, let reason):
            streams[connection] = nil
            transport.close(connection, reason: reason)
        case .dial(let address, let connect):
            assembler = RecordsAssembler()
            transport.dial(address, connect)
        case .sendUpstream(let message, let number): transport.sendUpstream(message, on: number)
        case .closeUpstream(let number, let reason): transport.closeUpstream(number, reason: reason)
        case .ask(var member, let request):
            member.address = addresses[member.node] ?? member.address
            transport.ask(member, request)
        case .commitAdvanced(let position) where machine.role == .replica: toApply = position
        case .commitAdvanced(let position), .applyFromLog(let position): apply(through: position)
        case .becameReady:
            generation.reignBegan()
            database.open(segment: nextGeneration())
        case .refuseProposed:
            proposed = nil
            database.groupRejected(DatabaseThreadError.rejected("this node is not a primary that is ready"))
        case .steppedDown(let reason):
            streams.removeAll()
            database.close(reason: String(describing: reason), forGood: reason.isForGood)
        case .pauseWrites: database.pause()
        case .resumeWrites: database.resume()
        case .report(let event): report(event)
        }
    }

    func apply(through position: Position) {
        toApply = nil
        lastCommit = Self.now
        database.commitAdvanced(
            to: position, history: machine.log.history, atOnce: [.primary, .starting].contains(machine.role))
    }

    func requireLog() throws -> Log {
        guard let log else { throw LogError(.missing, "The node has no log yet.") }
        return log
    }

    private func persist(_ state: DurableState) throws {
        try stateFile.write(state)
        if log == nil, let group = state.group { log = try openLog(group) }
    }

    private func cut(above index: LogIndex, _ reason: ReplicationMachine.CutReason) throws {
        let file = try requireLog().cut(above: index, keepingIn: divergentDirectory)
        // A flush that runs meanwhile knows nothing of what comes in the place of the tail, under the same indexes.
        if flushing != nil { mustFlushAgain = true }
        if let file { cutKept(file, index, reason) }
    }
}
