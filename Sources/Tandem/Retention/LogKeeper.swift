import Logging
import NIOConcurrencyHelpers
import TandemLog
import TandemReplication

/// Prunes a node's log once in a while and when an operator asks, and knows for the status what is kept and for whom.
final class LogKeeper: Sendable {
    /// What the status says.
    struct Stand: Sendable {
        var firstIndex: LogIndex
        var byteCount: UInt64
        var keptFor: String
    }

    private struct State {
        var stand: Stand?
        var lookedAt: Moment?
        var hasWarned = false
        var hasWarnedOfArchive = false
    }

    /// Between two looks; one takes less than a millisecond.
    private static let interval = Duration.seconds(2)
    /// Where nothing was said: not more than this, and not more than a quarter of the disk.
    private static let defaultLimit: UInt64 = 10 << 30
    private static let defaultKeepSize: UInt64 = 1 << 30

    private let retention: LogRetention
    private let library: SnapshotLibrary
    private let archiver: LogArchiver?
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    init(_ configuration: NodeConfiguration, library: SnapshotLibrary, archiver: LogArchiver?, logger: Logger) {
        let limit =
            configuration.logLimit
            ?? min(Self.defaultLimit, FileSystemSpace(at: configuration.dataDirectory).map { $0.total / 4 } ?? .max)
        retention = LogRetention(
            keepSize: min(configuration.logKeepSize ?? Self.defaultKeepSize, limit), keepAge: configuration.logKeepAge,
            limit: limit)
        self.library = library
        self.archiver = archiver
        self.logger = logger
        if let wish = configuration.logKeepSize, wish > limit {
            logger.warning(
                "less of the log is kept than asked for: the limit is lower",
                metadata: [
                    "asked": "\(wish)", "limit": "\(limit)", "do": "say --log-limit, if the disk has that much room",
                ])
        }
    }

    /// The log as it was a moment ago; nil before there is one.
    var stand: Stand? { state.withLockedValue { $0.stand } }

    /// Time has passed. On the replication thread.
    func ticked(_ driver: ReplicationDriver, now: Moment) {
        let isTime = state.withLockedValue { state in
            if let last = state.lookedAt, now - last < Self.interval { return false }
            state.lookedAt = now
            return true
        }
        guard isTime else { return }
        do throws(LogError) {
            guard
                let report = try driver.prune(
                    retention, snapshot: library.heldIndex, archive: archiver?.neededFrom)
            else { return }
            note(report, driver)
        } catch {
            logger.error("the log cannot be pruned", metadata: ["reason": "\(error)"])
        }
    }

    /// Says what was found and done by the rules.
    private func note(_ report: ReplicationDriver.RetentionReport, _ driver: ReplicationDriver) {
        let (isNews, isArchiveNews) = state.withLockedValue { state in
            defer {
                state.hasWarned = report.decision.leavesMemberBehind
                state.hasWarnedOfArchive = report.decision.leavesArchiveBehind
            }
            return (!state.hasWarned, !state.hasWarnedOfArchive)
        }
        guard notePruned(report, driver) else { return }
        if report.decision.leavesMemberBehind, isNews, let slowest = report.slowest {
            logger.warning(
                "the log has reached its limit: a member that is behind will have to take a snapshot",
                metadata: ["member": "\(slowest.address)", "needs": "\(slowest.needs)", "limit": "\(retention.limit)"])
        }
        if report.decision.leavesArchiveBehind, isArchiveNews {
            logger.critical(
                "the log has reached its limit: records were removed that are NOT ARCHIVED; the archive has a gap, make a new backup",
                metadata: ["archived": "\(report.needs.archive?.previous ?? .zero)", "limit": "\(retention.limit)"])
        }
    }

    /// Says what was done on an operator's word.
    private func noteRequest(_ report: ReplicationDriver.RetentionReport, _ driver: ReplicationDriver) {
        guard notePruned(report, driver), report.decision.leavesMemberBehind, let slowest = report.slowest
        else { return }
        logger.warning(
            "an operator had records removed that a member lacks: it will have to take a snapshot",
            metadata: [
                "member": "\(slowest.address)", "needs": "\(slowest.needs)", "first": "\(driver.machine.log.first)",
            ])
    }

    /// - Returns: whether anything was removed.
    private func notePruned(_ report: ReplicationDriver.RetentionReport, _ driver: ReplicationDriver) -> Bool {
        let stand = Stand(
            firstIndex: driver.machine.log.first, byteCount: report.byteCount, keptFor: words(report))
        state.withLockedValue { $0.stand = stand }
        guard report.removed > 0 else { return false }
        logger.info(
            "the log was pruned",
            metadata: [
                "segments": "\(report.removed)", "bytes": "\(report.removedBytes)", "first": "\(stand.firstIndex)",
            ])
        return true
    }

    private func words(_ report: ReplicationDriver.RetentionReport) -> String {
        switch report.decision.holder {
        case .active: return "the next records, which are written there"
        case .database: return "the database, which has records up to \(report.needs.durable) safe from a power cut"
        case .snapshot: return "a snapshot that is being sent, from record \(report.needs.snapshot ?? .zero) on"
        case .archive:
            return "the archive, which has records up to \(report.needs.archive?.previous ?? .zero)"
        case .member:
            guard let slowest = report.slowest else { return "a member" }
            let state = slowest.isConnected ? "" : ", which is not connected"
            return "\(slowest.address)\(state), from record \(slowest.needs) on"
        case .size: return "--log-keep-size \(ByteCount.words(retention.keepSize))"
        case .age: return "--log-keep-age"
        case .request: return "nobody: what is below record \(report.needs.end ?? .zero) was to be removed, and no more"
        }
    }
}

// What an operator asks for.
extension LogKeeper {
    /// Prunes now.
    ///
    /// - Parameters:
    ///   - index: records below it go, as far as whole segments hold no others; nil: what the node's own rules allow.
    ///   - leavesMembersBehind: whether a member that needs them is to take a snapshot.
    /// - Throws: ``TandemError`` (`unavailable`) that says for whom they must stay.
    func prune(
        _ driver: ReplicationDriver, below index: LogIndex?, leavesMembersBehind: Bool
    ) throws(TandemError) {
        do throws(LogError) {
            guard let index else {
                let report = try driver.prune(retention, snapshot: library.heldIndex, archive: archiver?.neededFrom)
                if let report { note(report, driver) }
                return
            }
            if let refusal = refusal(driver, below: index, leavesMembersBehind) {
                throw LogError(.missing, refusal)
            }
            // Not further than asked for, and not further than is safe.
            let everything = LogRetention(keepSize: 0, limit: 0)
            let report = try driver.prune(everything, snapshot: library.heldIndex, end: index)
            if let report { noteRequest(report, driver) }
        } catch {
            throw TandemError(.unavailable, error.message, cause: error)
        }
        state.withLockedValue { $0.lookedAt = nil }
    }

    private func refusal(_ driver: ReplicationDriver, below index: LogIndex, _ leavesMembersBehind: Bool) -> String? {
        let durable = driver.database.durableApplied
        if index > durable.next {
            driver.database.requestCheckpoint()
            return
                "nothing was removed: the database has only records up to \(durable) safe from a power cut. It is being written to the disk; try again, or say a lower index"
        }
        if let held = library.heldIndex, index > held {
            return
                "nothing was removed: a snapshot is being sent, or was a moment ago, which is gone on with from record \(held) on"
        }
        if let needed = archiver?.neededFrom, index > needed {
            let reason = archiver?.stand.problem.map { ": \($0)" } ?? ""
            return "nothing was removed: records from \(needed) on are not archived yet\(reason)"
        }
        if !leavesMembersBehind, let slowest = driver.machine.slowestMember, index > slowest.needs {
            let state =
                slowest.isConnected ? "has everything only below" : "is not connected, and has everything only below"
            return
                "nothing was removed: \(slowest.address) \(state) record \(slowest.needs); without the rest it would have to take a snapshot (--leave-members-behind allows it)"
        }
        return nil
    }
}
