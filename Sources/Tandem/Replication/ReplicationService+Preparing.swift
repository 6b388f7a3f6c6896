import Glibc
import Logging
import TandemLog
import TandemReplication
import TandemSQLite

// What a node finds on its disk before it takes part in its group, and what it refuses to start with.
extension ReplicationService {
    /// What was found on disk, on its way to the replication thread.
    struct Prepared: @unchecked Sendable {  // Handed over once, before the replication thread uses it.
        let durable: DurableState
        let stateFile: DurableStateFile
        let log: Log?
        let applied: Position?
    }

    /// Reads the node's state and opens its log; makes both where there are none.
    ///
    /// - Throws: ``TandemError`` (`damaged`, `dataDirectory`) that names the file and the way out.
    func prepare(applied: AppliedState) throws -> Prepared {
        let stateFile = DurableStateFile(path: directory.stateFile)
        do {
            var durable = try stateFile.read() ?? newNode(applied: applied)
            try checkCascade(durable)
            if case .primary = configuration.role, durable.group == nil {
                durable.group = .random()
                try stateFile.write(durable)
            }
            let position = applied.position.index == .zero ? nil : applied.position
            if position == nil { try noteLostLog(&durable, stateFile) }
            warnOfReign(durable)
            let log = try durable.group.map { try openLog($0, applied: applied.position.index) }
            return Prepared(durable: durable, stateFile: stateFile, log: log, applied: position)
        } catch let error as TandemError {
            throw error
        } catch {
            throw TandemError(
                OpeningFailure(error) == .noAccess ? .dataDirectory : .damaged,
                String(describing: error) + wayOut(of: error), cause: error)
        }
    }

    /// Who was the last to reign has to be asked for that before anybody else reigns. A cascade becomes a member where its
    /// operator says so (`--primary`), which is told, and not where it is taken for a primary.
    private func checkCascade(_ durable: DurableState) throws {
        switch configuration.role {
        case .primary where durable.cascades:
            throw TandemError(
                .invalidConfiguration,
                "this node was a cascade (--upstream) when it ran last: no member of its group, and not its primary. Start it with 'tandem replica --upstream HOST:PORT' as before; to make a member of it, with 'tandem replica --primary HOST:PORT'; for another group use another --data"
            )
        case .replica(let primary) where durable.cascades:
            logger.warning(
                "this node was a cascade, and becomes a member of the group: commits and promotions count on it then",
                metadata: [
                    "primary": "\(primary)",
                    "do": "if that is not meant, stop it, 'tandem member remove' it, and start it with --upstream",
                ])
        case .cascade where durable.reign != nil: throw lastPrimary
        case .primary, .replica, .cascade: break
        }
    }

    /// Whoever reigned last goes on, whatever it is started as (rule 6): a replica that was promoted, or a restored group.
    private func warnOfReign(_ durable: DurableState) {
        guard case .replica(let primary) = configuration.role, let reign = durable.reign, durable.whole else { return }
        logger.warning(
            "this node was the last primary of its group, and goes on as its primary: --primary is not followed",
            metadata: [
                "primary": "\(primary)", "epoch": "\(reign)",
                "do":
                    "if that is not meant: another node of its group takes over with tandem switch-over; a replica of another group needs an empty data directory",
            ])
    }

    private var lastPrimary: TandemError {
        TandemError(
            .invalidConfiguration,
            "this node was the last primary of its group, which a cascade is no member of: let another node take over ('tandem switch-over'), remove this one ('tandem member remove'), and then start it with --upstream; or use another --data"
        )
    }

    /// What to do about a log that is damaged, or that the system does not let the node have. A primary with an empty data
    /// directory would be the first of another group.
    private func wayOut(of error: any Error) -> String {
        let failure = OpeningFailure(error)
        if failure == .noAccess { return " " + failure.wayOut(configuration.role, firstRecord: nil) }
        guard let error = error as? LogError, error.code == .damaged else { return "" }
        return switch configuration.role {
        case .replica, .cascade:
            " Then move the data directory away and start this replica anew: it copies the primary's data."
        case .primary:
            " Its replicas hold every acknowledged transaction: promote one ('tandem promote') and let this node follow it with an empty data directory, or put the file back from a copy of this disk. Do not start a primary with an empty data directory: that would be a new group, which the replicas do not follow."
        }
    }

    /// The state of a node that has never run. One that has must not forget what it has promised.
    private func newNode(applied: AppliedState) throws -> DurableState {
        guard applied == .none, access(directory.log, F_OK) != 0 else {
            throw LogError(
                .missing,
                "The node's state is missing, although there is a log or a database: without it the node does not know what it has promised. Put the file back, or move the data directory away and start this node anew as a replica.",
                file: directory.stateFile)
        }
        return DurableState(node: .random())
    }

    /// A node that has promised something had a log; without it, and with an empty database, it lacks what it acknowledged
    /// (rules 4 and 31). A replica gets everything anew; a primary would begin again as if nothing had ever been.
    private func noteLostLog(_ durable: inout DurableState, _ stateFile: DurableStateFile) throws {
        guard durable.promised != nil, try !Log.exists(in: directory.log) else { return }
        if case .primary = configuration.role {
            throw LogError(
                .missing,
                "The log is missing, although this node has been part of a group: what it held is lost here. Put the log back, or move the data directory away and start this node anew as a replica of a node that has it.",
                file: directory.log)
        }
        guard durable.whole else { return }
        durable.whole = false
        try stateFile.write(durable)
    }

    func openLog(_ group: GroupID, applied: LogIndex) throws -> Log {
        let (log, recovery) = try Log.open(
            directory: directory.log, group: group, knownApplied: applied,
            options: .init(segmentSize: configuration.segmentSize))
        if recovery.cut != nil || recovery.finishedCut {
            logger.warning("the log was recovered", metadata: ["recovery": "\(recovery)"])
        }
        return log
    }
}
