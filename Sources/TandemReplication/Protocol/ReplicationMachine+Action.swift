import TandemLog

extension ReplicationMachine {
    /// What the node must do. Actions are carried out in order, each finished before the next begins.
    public enum Action: Sendable {
        /// Write the state and flush it; nothing after it may happen before it is durable. A failure is
        /// ``ReplicationMachine/logFailed(_:now:)``. The first state with a group tells a new replica which group
        /// its log is to be created for.
        case persist(DurableState)

        // The log. `knownCommit` goes into the mark at the start of the batch. A failure is answered by
        // `logFailed`, and the actions after it are dropped.

        /// Append an epoch record as the record `at`, of its own epoch.
        case appendEpochRecord(EpochRecord, at: LogIndex, knownCommit: LogIndex)
        /// Append a member record as the record `at` of `epoch`.
        case appendMemberRecord(MemberRecord, at: LogIndex, epoch: Epoch, knownCommit: LogIndex)
        /// Seal the writer's group, whose first record is `first`, as records of `epoch`, and append it.
        case appendProposed(first: LogIndex, epoch: Epoch, knownCommit: LogIndex)
        /// Append the batch that was just handed in, as it is.
        case appendReceived(knownCommit: LogIndex)
        /// Keep the records above this index aside in a file, then cut them off, durably.
        case cutLog(above: LogIndex, CutReason)
        /// Keep the records above this index aside in a file, and leave the log as it is.
        case keepLog(above: LogIndex, CutReason)
        /// Flush the log, then hand in `flushed(through:)`: after this event's actions, before any other event.
        case flushLog

        // Connections of replicas, when this node is primary.

        /// From now on this connection gets every record after `after`, those not flushed here too. What is in the
        /// log already may be sent bit by bit between events; each batch takes its header from
        /// ``ReplicationMachine/recordsHeader(to:first:last:clock:now:)``.
        case stream(to: ConnectionID, after: LogIndex)
        /// Hand the newly appended records to all streams now, before the flush that follows, so that network and
        /// disk work at the same time.
        case streamAppended
        /// From now on this connection, a cascade's, gets every record after `after`, up to `through` for now (rule 34).
        case relay(to: ConnectionID, after: LogIndex, through: LogIndex)
        /// All cascades get the records up to here.
        case relayFurther(through: LogIndex)
        case send(ReplicationMessage, to: ConnectionID)
        /// Close an incoming connection once what was sent on it has left. No `connectionClosed` is expected for it.
        case close(ConnectionID, reason: String)

        // The way to the primary, when this node is a replica.

        /// Open a connection and send CONNECT. Whatever comes of it is handed in with this connection's number.
        case dial(address: String, Connect)
        case sendUpstream(ReplicationMessage, on: ConnectionNumber)
        /// Close the outgoing connection, or stop dialling it. No `upstreamClosed` is expected for it.
        case closeUpstream(ConnectionNumber, reason: String)

        /// Ask a member START or PROMISE on a short connection of its own; hand in `promiseAnswered`, or nothing if
        /// there is no answer: the machine repeats its questions by itself.
        case ask(Member, PromiseRequest)

        // Snapshots.

        /// Fetch a snapshot from this node, beside everything else; go on with it if it is under way. Answered by
        /// `snapshotReceived` once it is whole, checked and durable.
        case fetchSnapshot(from: String, SnapshotRequest)
        /// Stop fetching, and drop what has come.
        case abandonSnapshot
        /// Put the snapshot that was received in the place of the database, and of the log where that is to be replaced;
        /// keep both until the node is whole. The machine ends with that: the node is opened anew.
        case installSnapshot(Position, replacesLog: Bool)

        // The database.

        /// Everything up to here is committed, and flushed here. The primary's writer may COMMIT and answer its
        /// clients; an applier may apply. Answered by `applied` once the database is there.
        case commitAdvanced(to: Position)
        /// The writer's SQLite COMMIT has failed: apply from the log up to here before anything else.
        case applyFromLog(through: Position)
        /// Writes may be executed, on the state that was just applied.
        case becameReady(Epoch)
        /// The group that was just proposed is not appended: this node is not a primary that is ready.
        case refuseProposed
        /// Roll back the open transaction, drop what was cached, tell waiting clients "in doubt" (rule 18).
        case steppedDown(StepDownReason)

        /// The writer begins no group any more; answered by `writesPaused` once nothing of it is in flight (rule 35).
        case pauseWrites
        /// The writer goes on.
        case resumeWrites

        /// For the log and the status; nothing depends on it.
        case report(ReplicationReport)
    }

    /// Why a log's tail is cut, and why nobody can have been told that it was committed (rule 14).
    public struct CutReason: Hashable, Sendable {
        /// The epoch of the primary whose log differs.
        public var epoch: Epoch
        public var common: LogIndex
        /// What was known to be committed; `commit <= common`.
        public var commit: LogIndex

        public init(epoch: Epoch, common: LogIndex, commit: LogIndex) {
            self.epoch = epoch
            self.common = common
            self.commit = commit
        }
    }

    /// Why a primary, starting node or candidate gave up its role.
    public enum StepDownReason: Hashable, Sendable {
        /// Another node promised or reigns in this later epoch.
        case superseded(by: Epoch)
        /// A replica that is no member has promised this later epoch; the node goes on above it.
        case outrun(by: Epoch)
        /// The lease has ended, or is another node's (rule 38).
        case leaseEnded
        /// This node lacks what a member knows to have been committed in its reign.
        case lacking(Position)
        /// This node has promised or led this epoch, and does not remember it.
        case forgotten(Epoch)
        /// The log failed; the reason is the file system's.
        case logFailed(String)
    }
}

extension ReplicationMachine.StepDownReason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .superseded(let epoch): "another node has promised or leads the later epoch \(epoch)"
        case .leaseEnded: "the lease has ended: another node may take it, and reign"
        case .outrun(let epoch): "a replica has promised the later epoch \(epoch)"
        case .lacking(let position): "this node lacks record \(position.index), which is committed"
        case .forgotten(let epoch): "this node knows nothing of epoch \(epoch), which it has promised or led"
        case .logFailed(let reason): reason
        }
    }
}
