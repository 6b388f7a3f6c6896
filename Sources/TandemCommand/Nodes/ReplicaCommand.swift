import ArgumentParser
import Tandem

/// `tandem replica`: one node that follows a primary and serves reads.
struct ReplicaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replica", abstract: "Run a replica.",
        discussion: """
            It joins the primary's group at its first start, and follows it from then on.

            Every option but --config and --resync is also an environment variable, TANDEM_ and its name: \
            TANDEM_COMMIT_TIMEOUT for --commit-timeout. Times have a unit: 500ms, 10s, 2min, 1h; a bare number means seconds.
            """)

    @Option(help: "Where the primary listens: HOST:PORT.")
    var primary: String?

    @Option(
        help:
            "Where another replica listens: HOST:PORT. In the place of --primary: this node is a cascade then, which gets what is committed from that replica, is no member of the group, counts for no acknowledgement and cannot be promoted."
    )
    var upstream: String?

    @Option(help: "Where a snapshot is fetched from, to spare the primary: another replica. (default: the primary)")
    var snapshotFrom: String?

    @Option(
        help:
            "Apply what is committed only so long after its commit, such as 1h: reads see the database as it was then. What is committed is stored and acknowledged at once. (default: no delay)"
    )
    var delay: String?

    @Flag(
        help:
            "Take a snapshot in the place of the node's database, once; the old one serves until the new is here, and stays in DATA/replaced/ until the node is whole."
    )
    var resync = false

    @OptionGroup var options: NodeOptions

    func run() async throws {
        var said = primary.map { ["primary": $0] } ?? [:]
        said["upstream"] = upstream
        said["snapshotFrom"] = snapshotFrom
        said["delay"] = delay
        let settings = try await options.settings(adding: said)
        var configuration = try settings.configuration(role: settings.replicaRole())
        configuration.resyncs = resync
        try await NodeRunner.run(
            configuration, logLevel: settings.logLevel(),
            endsWithInput: options.endWithInput)
    }
}
