import ArgumentParser
import Tandem

/// The options that `tandem primary` and `tandem replica` share.
struct NodeOptions: ParsableArguments {
    @Option(
        help: "A YAML file with these options; see 'tandem --help'.", completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Option(help: "The folder of the node's data; made where it is missing.", completion: .directory)
    var data: String?

    @Option(help: "Where clients and replicas connect. (default: 127.0.0.1:7432)")
    var listen: String?

    @Option(help: "The address the other members are told. (default: the one listened on)")
    var advertise: String?

    @OptionGroup(title: "Access") var access: AccessOptions

    @Option(
        help:
            "How many replicas have a transaction on disk before its commit returns: 0, 1, ..., majority, all. It counts wherever this node reigns, after a promotion, too. (default: 1; of a replica: what the group has)"
    )
    var acknowledgements: String?

    @Option(
        help:
            "What commits do while replicas are missing: wait, or degrade:TIME, such as degrade:10s. Of a replica it counts beside --acknowledgements. (default: wait)"
    )
    var onMissingReplicas: String?

    @Option(
        help:
            "A transaction whose client says nothing for so long while it holds the writer is rolled back. (default: 10s)"
    )
    var idleInTransactionTimeout: String?

    @Option(help: "A transaction waits so long for the writer, then fails. (default: 10s)")
    var lockTimeout: String?

    @Option(
        help:
            "A commit waits so long for acknowledgements, then its client is told that it is in doubt. (default: for ever)"
    )
    var commitTimeout: String?

    @Option(help: "A statement runs so long, then it is cancelled. (default: for ever)")
    var statementTimeout: String?

    @Option(help: "A session says nothing for so long outside of a transaction, then it is ended. (default: for ever)")
    var idleSessionTimeout: String?

    @Option(help: "A client takes nothing of its answer for so long, then it is disconnected. (default: 60s)")
    var slowReaderTimeout: String?

    @Option(help: "At most so many client connections, 1 to 100000. (default: 500)")
    var maximumConnections: String?

    @Option(
        help:
            "What all clients' answers may take together while they wait to be fetched or committed, from 1MiB on. (default: 1GiB)"
    )
    var maximumHeldAnswers: String?

    @Option(
        help:
            "What all clients' rows that wait to be fetched may take on the disk together, from 1MiB on. (default: 4GiB)"
    )
    var maximumAnswerFiles: String?

    @Option(help: "At most so many reading connections to SQLite, 1 to 1000. (default: 16)")
    var maximumReaders: String?

    @Option(help: "Threads that serve client connections, 1 to 256. (default: one a processor, at most 4)")
    var eventLoops: String?

    @Option(
        help: """
            How long the next statement of a client that is alone is looked for before its thread sleeps, if its \
            statements follow each other closely, at most 1ms; 0 for not at all. (default: 50us)
            """)
    var busyPoll: String?

    @Option(help: "Bytes of a segment of the log, 65536 to 2^32. (default: 67108864)")
    var segmentSize: String?

    @Option(help: "Nothing heard from the other side for so long ends a replication connection. (default: 5s)")
    var replicationTimeout: String?

    @Option(
        help:
            "The log is kept at least so large, even if nobody needs it, such as 4GiB: a segment at least, the limit at most, or 0. (default: 1GiB)"
    )
    var logKeepSize: String?

    @Option(help: "Records younger than this are kept in the log, too, such as 24h. (default: no such wish)")
    var logKeepAge: String?

    @Option(
        help:
            "A log larger than this, two segments at least, is pruned although a member needs it, which then takes a snapshot, or it is not archived. (default: 10GiB, or a quarter of the disk if that is less)"
    )
    var logLimit: String?

    @OptionGroup(title: "Archive") var archive: ArchiveOptions

    @Option(
        help: "Snapshots are sent to other nodes at so many bytes a second at most, such as 20MB. (default: no limit)")
    var snapshotRate: String?

    @OptionGroup(title: "Failover") var failover: FailoverSettings
    @Option(
        help:
            "Keep checksums of each table's rows, send them in the log and compare them on replicas: on or off. (default: on)"
    )
    var checksums: String?

    @Option(
        help:
            "What a replica does when a table's checksum differs: stop (apply and show nothing any more) or report. (default: stop)"
    )
    var onDrift: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical. (default: info)")
    var logLevel: String?

    /// For a process that starts nodes and must not leave any behind.
    @Flag(help: .hidden)
    var endWithInput = false

    /// What was said on the command line, under the names the file uses.
    private var said: [String: String] {
        var said = access.said.merging(failover.said) { _, more in more }.merging(archive.said) { _, more in more }
        said["data"] = data
        said["listen"] = listen
        said["advertise"] = advertise
        said["acknowledgements"] = acknowledgements
        said["onMissingReplicas"] = onMissingReplicas
        said["idleInTransactionTimeout"] = idleInTransactionTimeout
        said["lockTimeout"] = lockTimeout
        said["commitTimeout"] = commitTimeout
        said["statementTimeout"] = statementTimeout
        said["idleSessionTimeout"] = idleSessionTimeout
        said["slowReaderTimeout"] = slowReaderTimeout
        said["maximumConnections"] = maximumConnections
        said["maximumHeldAnswers"] = maximumHeldAnswers
        said["maximumAnswerFiles"] = maximumAnswerFiles
        said["maximumReaders"] = maximumReaders
        said["eventLoops"] = eventLoops
        said["busyPoll"] = busyPoll
        said["segmentSize"] = segmentSize
        said["replicationTimeout"] = replicationTimeout
        said["logKeepSize"] = logKeepSize
        said["logKeepAge"] = logKeepAge
        said["logLimit"] = logLimit
        said["snapshotRate"] = snapshotRate
        said["checksums"] = checksums
        said["onDrift"] = onDrift
        said["logLevel"] = logLevel
        return said
    }

    /// The settings from the command line, the environment and the file, in this order.
    func settings(adding more: [String: String] = [:]) async throws -> NodeSettings {
        var sources: [SettingSource] = [
            .commandLine(said.merging(more) { _, more in more }), try .environment(),
        ]
        if let config { sources.append(try await .file(config)) }
        return NodeSettings(sources: sources)
    }
}
