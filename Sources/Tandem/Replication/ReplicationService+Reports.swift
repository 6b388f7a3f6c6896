import Logging
import TandemLog
import TandemReplication

// What the node's log says of replication.
extension ReplicationService {
    func report(_ report: ReplicationReport) {
        groupOperator.note(report, status: state.status)
        let entry = report.logEntry(follows: followed)
        switch report {
        case .following: upstreamConnected()
        case .becameWhole, .cascadeCaughtUp:
            // Nothing that it acknowledged is missing: what a snapshot took the place of is of no use any more.
            directory.discardReplaced()
        case .clockBehind(let newest, _): state.noteTime(ofNewestRecord: newest)
        case .refused: return  // Told with the attempt that it ended.
        default: break
        }
        let isNews = lastReport.value != report
        lastReport.value = report
        logger.log(level: isNews ? entry.level : .debug, "\(entry.message)", metadata: entry.metadata)
    }

    /// Says what was cut off the log, and whether anybody can have been told that it was committed.
    func reportCut(_ file: String, _ index: LogIndex, _ reason: ReplicationMachine.CutReason) {
        let message: Logger.Message =
            reason.commit > index
            ? "transactions that were committed were cut off the log: another reign began by force without them"
            : "a tail of the log was cut off that another reign does not have; nobody was told that it was committed"
        logger.warning(
            message,
            metadata: [
                "kept": "\(file)", "above": "\(index)", "epoch": "\(reason.epoch)", "common": "\(reason.common)",
                "committed": "\(reason.commit)",
            ])
    }

    var followed: String { configuration.role.wordForFollowed }
}
