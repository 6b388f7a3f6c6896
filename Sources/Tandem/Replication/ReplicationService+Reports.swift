import Foundation
import Logging
import TandemLog
import TandemReplication

// What the node's log says of replication.
extension ReplicationService {
    func report(_ report: ReplicationReport) {
        groupOperator.note(report, status: state.status)
        let (level, message, metadata) = Self.describe(report, follows: followed)
        switch report {
        case .following: upstreamConnected()
        case .becameWhole, .cascadeCaughtUp: removeReplaced()
        case .clockBehind(let newest, _): state.noteTime(ofNewestRecord: newest)
        case .refused: return  // Told with the attempt that it ended.
        default: break
        }
        let isNews = lastReport.value != report
        lastReport.value = report
        logger.log(level: isNews ? level : .debug, "\(message)", metadata: metadata)
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

    /// The node lacks nothing of what it acknowledged: what a snapshot took the place of is of no use any more.
    private func removeReplaced() {
        let path = directory.replaced
        guard FileManager.default.fileExists(atPath: path) else { return }
        let thread = Thread { try? FileManager.default.removeItem(atPath: path) }  // It only takes room.
        thread.start()
    }

    var followed: String { configuration.role.wordForFollowed }

    private static func describe(
        _ report: ReplicationReport, follows followed: String
    ) -> (Logger.Level, String, Logger.Metadata) {
        switch report {
        case .following(let primary, let epoch, let address, let common, let commit):
            (
                .info, "following the \(followed)",
                [
                    "primary": "\(primary)", "address": "\(address)", "epoch": "\(epoch)", "common": "\(common)",
                    "commit": "\(commit)",
                ]
            )
        case .upstreamLost(let address, let reason):
            (.notice, "the connection to the \(followed) is lost", ["address": "\(address)", "reason": "\(reason)"])
        case .refused(let refused, let address):
            (.notice, "refused by another node", ["address": "\(address)", "reason": "\(refused.reason)"])
        case .lostAcknowledged(let acknowledged, let holds):
            (
                .error, "this node has lost records it had acknowledged; it is not whole until it has them again",
                ["acknowledged": "\(acknowledged)", "holds": "\(holds)"]
            )
        case .snapshotNeeded(let need):
            (.notice, "a snapshot is needed", ["because": "\(need.words(follows: followed))"])
        case .installingSnapshot(let position, let continuesLog):
            (
                .notice, "the node is opened anew with a snapshot",
                ["position": "\(position)", "log": "\(continuesLog ? "kept" : "replaced")"]
            )
        case .becameWhole(let index): (.info, "this node is whole", ["index": "\(index)"])
        case .waitingForPromises(let missing, let members):
            (
                .notice, "waiting for members to promise the new epoch",
                ["missing": "\(missing)", "members": "\(members.map(\.address))"]
            )
        case .startsWithout(let members):
            (
                .warning, "starting WITHOUT having heard of these members, as the acknowledgement rule allows",
                ["members": "\(members.map(\.address))"]
            )
        case .elected(let epoch, let promisers, loss: nil):
            (.info, "a new epoch begins here", ["epoch": "\(epoch)", "promised by": "\(promisers)"])
        case .elected(let epoch, let promisers, loss: let loss?):
            (
                .warning,
                "a new epoch begins here by force (ACCEPT DATA LOSS): what these members alone have is lost",
                [
                    "epoch": "\(epoch)", "promised by": "\(promisers)", "missing": "\(loss.missing.map(\.address))",
                    "above": "\(loss.above.map(\.description) ?? "0")",
                ]
            )
        case .promotionGivenUp(let failure): (.warning, "promotion given up", ["reason": "\(failure.words(among: []))"])
        case .promotionPossible: (.info, "this node would be promoted, as an operator wanted to know", [:])
        case .handingOver(let target):
            (.notice, "writes are paused for another node to take over", ["node": "\(target)"])
        case .handOverGivenUp(let failure):
            (.warning, "the hand-over was given up", ["reason": "\(failure.words(among: []))"])
        case .removalGivenUp(let failure):
            (.warning, "a member was not removed", ["reason": "\(failure.words(among: []))"])
        case .clockBehind(_, let difference):
            (
                .error,
                "this node's clock is behind the newest record: transactions get that one's commit time until it has caught up",
                [
                    "seconds": "\(difference.secondsText)",
                    "do": "set the clocks; see docs/OPERATIONS.md, The time is wrong",
                ]
            )
        case .replicaConnected(let node, let address, let common):
            (
                .info, "a replica has connected",
                ["node": "\(node)", "address": "\(address)", "common": "\(common)"]
            )
        case .cascadeConnected(let node, let address, let common):
            (
                .info, "a cascade has connected",
                ["node": "\(node)", "address": "\(address)", "common": "\(common)"]
            )
        case .cascadeCaughtUp(let index): (.info, "this cascade has caught up", ["index": "\(index)"])
        case .replicaLost(let node, let reason):
            (.notice, "a replica is gone", ["node": "\(node)", "reason": "\(reason)"])
        case .membersChanging(let record, let index):
            (
                .notice, "the members change",
                [
                    "index": "\(index)", "members": "\(record.members.map(\.address))",
                    "acknowledgements": "\(record.acknowledgements)", "degrades": "\(record.mayDegrade)",
                    "forced": "\(record.forced)",
                ]
            )
        case .memberReplaced(let member, let replacement):
            (
                .warning,
                "a member is gone, and another node has its address: it counts as a member until it is removed",
                [
                    "node": "\(member.node)", "address": "\(member.address)", "now": "\(replacement.node)",
                    "do":
                        "\(ReplicationStatus.removal(of: member.node, replacement, at: "PRIMARY")), while this primary lives",
                ]
            )
        case .acknowledgementsChange(let before, let after, let index):
            (
                .notice, "the acknowledgements that commits wait for change, to those this node was started with",
                ["from": "\(before)", "to": "\(after)", "index": "\(index)"]
            )
        case .degraded(let index, let waited):
            (
                .critical, "DEGRADED: commits go on WITHOUT the acknowledgements asked for",
                ["from": "\(index)", "waited": "\(waited)"]
            )
        case .degradingEnds(let index):
            (.notice, "degrading ends: acknowledgements count again", ["from": "\(index)"])
        case .steppedDown(let reason): (.error, "this node stepped down", ["reason": "\(reason)"])
        case .problem(let problem):
            (.error, "this node has a problem", ["problem": "\(problem.words(follows: followed))"])
        }
    }
}
