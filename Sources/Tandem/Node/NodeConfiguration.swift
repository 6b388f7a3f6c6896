import NIOCore
import PostgresWire
import TandemLog
import TandemReplication
import TandemSQLite

/// Everything that makes a node: where its data lies, where it listens, what it is in its group, its bounds.
public struct NodeConfiguration: Sendable {
    /// What a node is in its group.
    public enum Role: Sendable, Equatable {
        /// Takes writes, once it reigns.
        case primary
        /// Follows the primary at this address, and is a member of the group.
        case replica(of: HostAndPort)
        /// Follows the node at this address, as a rule a replica, and is no member of the group: it gets what is committed,
        /// serves reads, counts for no acknowledgement and is not promoted.
        case cascade(of: HostAndPort)

        /// The node that is followed first; nil for a primary.
        var followed: HostAndPort? {
            switch self {
            case .primary: nil
            case .replica(let address), .cascade(let address): address
            }
        }

        /// What the node that is followed is called: a cascade's need not be the primary.
        var wordForFollowed: String { if case .cascade = self { "upstream" } else { "primary" } }
    }

    /// What a replica does once a table of it is known to differ.
    public typealias DriftPolicy = TandemSQLite.DriftPolicy

    /// What commits do while fewer replicas are there than have to acknowledge.
    public enum MissingReplicas: Sendable, Equatable {
        /// They wait.
        case wait
        /// They go on without after this time, and state, log and metrics say so until it ends.
        case degrade(after: Duration)
    }

    /// The folder that holds the log, the database and the node's state; made where it is missing.
    public var dataDirectory: String
    /// What the node is in its group when it starts.
    public var role: Role
    /// Where clients and replicas connect. Default 127.0.0.1:7432.
    public var listen: HostAndPort
    /// The address the other members are told; nil for the one listened on, the default.
    public var advertise: HostAndPort?
    /// Certificate and key of this node; nil for no TLS, the default. An address that other machines can reach is
    /// listened on only with TLS, and then only users of the group are let in.
    public var tls: ServerTLSOptions?
    /// Allows listening on an address other machines can reach without TLS, and without users. Whoever can reach it
    /// then may do everything, as long as there is no user. Default false.
    public var allowsInsecureListening = false
    /// As whom, and how, this node connects to the others.
    public var replication = ReplicationAccess()
    /// How many replicas must have a transaction on their disk before its commit returns. Used when a primary sets its
    /// group up, and changes the group's rule when a node that reigns was started with another one, as whatever. Nil, the
    /// default: 1 for a node that is started as a primary; a replica that comes to reign leaves the group's rule as it is.
    public var acknowledgements: AcknowledgementRule?
    /// What commits do while replicas are missing. On a replica it counts beside ``acknowledgements``, where it reigns.
    /// Default ``MissingReplicas/wait``.
    public var missingReplicas = MissingReplicas.wait
    /// A transaction whose client says nothing for so long while it holds the writer is rolled back (25P03).
    /// Default 10 s.
    public var idleInTransactionTimeout: Duration = .seconds(10)
    /// A transaction waits so long for the writer, then fails (55P03). Default 10 s.
    public var lockTimeout: Duration = .seconds(10)
    /// A commit waits so long for acknowledgements before its client is told that it is in doubt; nil for ever, the
    /// default. A session sets its own by `SET tandem.commit_timeout`.
    public var commitTimeout: Duration?
    /// A statement runs so long before it is cancelled (57014); nil for ever, the default.
    public var statementTimeout: Duration?
    /// A session that says nothing for so long outside of a transaction is ended (57P05); nil for never, the default.
    public var idleSessionTimeout: Duration?
    /// A client that takes nothing of its answer for so long is disconnected, because it keeps a reader. Default 60 s.
    public var slowReaderTimeout: Duration = .seconds(60)
    /// At most so many client connections. Default 500.
    public var maximumConnections = 500
    /// At most so many connections that have not logged in. One more takes the place of the oldest. Default 200.
    public var maximumStartups = 200
    /// How long a log-in may take, from the connection's first byte. Default 10 s.
    public var loginTimeout: Duration = .seconds(10)
    /// The longest message a client may send once it has logged in, in bytes. Default 256 MiB, at most 1 GiB - 1.
    public var maximumMessageSize = 256 << 20
    /// What answers of all clients together may take while they wait to be fetched (portals, cursors), or for their
    /// transaction's commit, in bytes; more is refused (53200). Default 1 GiB.
    public var maximumHeldAnswers = 1 << 30
    /// What rows of portals and cursors of all clients together may take on the disk of ``dataDirectory`` while they wait to
    /// be fetched, in bytes; more is refused (53400), and so is what would leave the log no room (53100). Each of more than
    /// 4 MiB has a file there, 128 of them at most, fewer where the system allows few open files. Default 4 GiB.
    public var maximumAnswerFiles = 4 << 30
    /// At most so many connections to SQLite that read at once. Default 16.
    public var maximumReaders = 16
    /// Threads that serve client connections, and run their brief reads. Default: as many as there are processors, but at
    /// most 4.
    public var eventLoops = max(1, min(4, System.coreCount))
    /// For how long an event loop looks for the next statement of a client that is alone before it sleeps, where that
    /// client's statements follow each other closely; zero for not at all. Default 50 microseconds.
    public var busyPoll: Duration = .microseconds(50)
    /// Bytes of a segment of the log, which is pruned by whole ones. Default 64 MiB.
    public var segmentSize = 64 << 20
    /// Nothing heard from the other side for so long ends a replication connection. Default 5 s.
    public var replicationTimeout: Duration = .seconds(5)
    /// The log is kept at least so large, in bytes, even if nobody needs it: at least ``segmentSize``, at most
    /// ``logLimit``, or 0 for no such wish. Nil for 1 GiB, or the limit where that is less, the default.
    public var logKeepSize: UInt64?
    /// Records younger than this are kept, too; nil for no such wish, the default.
    public var logKeepAge: Duration?
    /// A log larger than this, in bytes, is pruned although a member needs it, or it is young or not archived; that
    /// member takes a snapshot. At least twice ``segmentSize``. Nil for 10 GiB, or a quarter of the disk where that is
    /// less, the default.
    public var logLimit: UInt64?
    /// Where the log is archived, to restore any moment from it and a backup; nil for nowhere, the default. What is not
    /// archived yet stays in the log, up to ``logLimit``.
    public var archive: ArchiveConfiguration?
    /// Snapshots are sent to other nodes at so many bytes a second at most; nil for as fast as it goes, the default.
    public var snapshotRate: UInt64?
    /// The node that a snapshot is fetched from; nil for the primary, the default.
    public var snapshotSource: HostAndPort?
    /// Whether a replica takes a snapshot in the place of its database, once. Default false.
    public var resyncs = false
    /// As long as the node is a replica it applies what is committed only so long after its commit: by the commit time that
    /// the primary's clock gave it, and this node's clock. It stores and acknowledges at once. Nil for no delay, the
    /// default.
    public var applyDelay: Duration?
    /// How another primary is found without an operator; nil: by an operator alone, the default.
    public var failover: FailoverOptions?
    /// Whether the nodes' tables are compared all the time, by checksums of their rows that are kept with the database and
    /// sent in the log. Default true.
    public var keepsContentSums = true
    /// What a replica does once a table of it is known to differ. Default `stop`.
    public var onDrift = DriftPolicy.stop
    /// How the writer groups transactions. ``applyDelay`` takes the place of the one in here.
    public var groupCommit = DatabaseThread.Configuration()

    /// A node with the defaults for all but these.
    public init(dataDirectory: String, role: Role, listen: HostAndPort = .loopback()) {
        self.dataDirectory = dataDirectory
        self.role = role
        self.listen = listen
    }
}
