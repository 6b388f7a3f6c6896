import Foundation
import Logging
import NIOConcurrencyHelpers
import TandemLog
import TandemReplication
import TandemSQLite

/// Archives what is committed of a node's log, on a thread of its own, and knows for the status how far it has come.
///
/// What is archived is committed: no history that is cut off by another reign is ever restored. A file is cut where a
/// segment ends, or when a record has waited for longer than the configuration says.
final class LogArchiver: Sendable {
    /// What the status says.
    struct Stand: Sendable {
        /// Everything up to it is archived; nil as long as that is not known.
        var archived: LogIndex?
        /// How many files were archived since the node was started, the last of them, and when.
        var files = 0
        var lastFile: String?
        var lastFileAt: WallClock?
        /// How often it has failed since the node was started, and when last.
        var failures = 0
        var lastFailureAt: WallClock?
        /// Why it failed last; nil once it has succeeded again.
        var problem: String?
    }

    private struct State {
        var stand = Stand()
        /// Since when the target has been at one file.
        var busySince: Moment?
        var isStopping = false
        var isRunning = false
        /// Behind which gaps the log begins, or began, that were said.
        var gaps: Set<LogIndex> = []
    }

    private static let interval = Duration.milliseconds(250)
    /// A failure is followed by a pause, each time twice as long.
    private static let pauses = (first: Duration.seconds(1), longest: Duration.seconds(60))

    private static let patience = Duration.seconds(10)
    /// A target that hangs is no news before that, however short the configuration's timeout is; that is taken for so much
    /// where there is none.
    private static let hanging = (least: Duration.seconds(2), timeout: Duration.seconds(60))

    private let logger: Logger
    private let target: any ArchiveTarget
    private let configuration: ArchiveConfiguration
    private let node: NodeState
    private let source: ArchiveSource
    private let monitor = Monitor(State())

    init(_ configuration: ArchiveConfiguration, directory: DataDirectory, node: NodeState, logger: Logger) {
        self.configuration = configuration
        self.node = node
        self.logger = logger
        source = ArchiveSource(directory: directory.log)
        target =
            switch configuration.target {
            case .directory(let path): DirectoryTarget(path)
            case .command(let command):
                CommandTarget(command, staging: directory.archiving, mark: directory.archiveMark)
            }
    }

    var stand: Stand { monitor.withLock { $0.stand } }

    /// Records from here on are to stay in the log, within its limit; nil where nobody here knows what is archived.
    var neededFrom: LogIndex? {
        guard archives || target.isShared else { return nil }
        return stand.archived?.next ?? 1
    }

    /// Whether it is this node that archives.
    private var archives: Bool { configuration.mode == .always || node.progress.role == .primary }

    func start() {
        monitor.withLock { $0.isRunning = true }
        Thread.start(named: "tandem-archive") { [self] in
            run()
            monitor.signal { $0.isRunning = false }
        }
    }

    /// Ends the thread, and the command that it may be running, and waits for that, but not for a file system that hangs.
    /// What is not archived is by the next run of the node.
    func stop() {
        monitor.signal { $0.isStopping = true }
        target.stop()
        _ = monitor.wait(until: .now + Self.patience) { $0.isRunning ? nil : true }
    }

    /// Time has passed: a target that hangs fails never, and is a problem all the same.
    func ticked(now: Moment) {
        let limit = max((configuration.timeout ?? Self.hanging.timeout) * 2, Self.hanging.least)
        guard let since = monitor.withLock({ $0.busySince }), now - since >= limit else { return }
        let problem =
            "\(target.words) has been at one file for longer than \(limit.secondsText) s, and has not failed either"
        let isNews = monitor.withLock { state in
            guard state.busySince == since, state.stand.problem != problem else { return false }
            state.stand.problem = problem
            return true
        }
        if isNews { logger.error("the log cannot be archived at the moment", metadata: ["reason": "\(problem)"]) }
    }

    private var isStopping: Bool { monitor.withLock { $0.isStopping } }

    private func run() {
        var work = ArchiveWork()
        var pause = Self.pauses.first
        while !isStopping {
            var wait = Self.interval
            do {
                if try carryOut(&work) { succeeded() }
                if stand.problem == nil { pause = Self.pauses.first }
            } catch {
                if isStopping { return }
                failed(error)
                work.failed()
                wait = pause
                pause = min(pause * 2, Self.pauses.longest)
            }
            _ = monitor.wait(until: .now + wait) { $0.isStopping ? true : nil }
        }
    }

    /// - Returns: whether that shows that archiving works: something was archived, or there was nothing to archive.
    private func carryOut(_ work: inout ArchiveWork) throws -> Bool {
        guard let durable = node.machine?.durable, let group = durable.group else { return false }
        let progress = node.progress
        let committed = min(progress.commit, progress.flushed)
        let archives = self.archives
        guard archives || target.isShared else { return true }
        guard let first = try source.firstIndex() else { return false }
        if work.mustLook(archives: archives, committed: committed, now: ReplicationDriver.now) {
            let found = try target.open(
                as: durable.node, of: group, holding: { try source.holds($0) }, through: committed)
            work.end = found.end
            note(work.end)
            if archives, found.end == nil { noteBeginning(found, first) }
        }
        guard archives else { return true }
        var hasArchived = false
        while !isStopping {
            if let end = work.end, end.index.next < first {
                noteGap(behind: end.index, first)
                work.end = nil
            }
            let start = work.end?.index.next ?? first
            work.noteWaiting(committed >= start, now: ReplicationDriver.now)
            guard
                let range = try source.next(
                    from: start, committed: committed,
                    evenUnfinished: work.isDue(after: configuration.timeout, now: ReplicationDriver.now))
            else { return hasArchived || committed < start }
            let end = work.end
            monitor.withLock { $0.busySince = ReplicationDriver.now }
            defer { monitor.withLock { $0.busySince = nil } }
            let name = try target.add(range, as: durable.node) { try source.write(range, behind: end, to: $0) }
            work.archived(name.end)
            note(name)
            hasArchived = true
            logger.debug("records were archived", metadata: ["file": "\(name)"])
        }
        return hasArchived
    }

    private func note(_ end: LogEnd?) {
        monitor.withLock { $0.stand.archived = end?.index ?? .zero }
    }

    private func note(_ file: ArchiveName) {
        monitor.withLock { state in
            state.stand.archived = file.end.index
            state.stand.files += 1
            state.stand.lastFile = file.description
            state.stand.lastFileAt = .now
        }
    }

    /// The archive is begun, or begun anew, with what the log holds: what lies below may never have been archived. A node
    /// that archives by a command knows only what it has given to it itself.
    private func noteBeginning(_ found: ArchivedSoFar, _ first: LogIndex) {
        guard found.highest == .zero else { return noteGap(behind: found.highest, first) }
        guard first > 1, monitor.withLock({ $0.gaps.insert(first).inserted }) else { return }
        logger.error(
            "nothing is known of what was archived below the beginning of this node's log; make a new backup",
            metadata: ["from": "\(first)"])
    }

    /// Says once that records were never archived that the log does not hold any more, if it is so.
    private func noteGap(behind last: LogIndex, _ first: LogIndex) {
        guard last.next < first, monitor.withLock({ $0.gaps.insert(first).inserted }) else { return }
        logger.error(
            "the archive has a GAP: this node's log does not hold these records any more; make a new backup",
            metadata: ["from": "\(last.next)", "to": "\(first.previous)"])
    }

    private func succeeded() {
        let had = monitor.withLock { state in
            defer { state.stand.problem = nil }
            return state.stand.problem
        }
        if had != nil { logger.notice("the log is archived again") }
    }

    private func failed(_ error: any Error) {
        let isFull = (error as? LogError)?.code == .diskFull
        let reason =
            ((error as? TandemError)?.message ?? String(describing: error))
            + (isFull ? " Make room there: archiving goes on by itself." : "")
        let (isNews, failures) = monitor.withLock { state in
            defer { state.stand.problem = reason }
            state.stand.failures += 1
            state.stand.lastFailureAt = .now
            return (state.stand.problem != reason, state.stand.failures)
        }
        logger.log(
            level: isNews ? .error : .debug, "the log cannot be archived; trying again",
            metadata: ["reason": "\(reason)", "failures": "\(failures)"])
    }
}
