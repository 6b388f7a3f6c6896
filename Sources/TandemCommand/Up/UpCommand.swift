import ArgumentParser
import Foundation
import Tandem

/// `tandem up`: a primary and a replica on this machine, to look at.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Run a primary and a replica on this machine, and follow what they do.",
        discussion: """
            Two processes with data below --data; Ctrl-C stops both, and so does closing the terminal. A second run \
            goes on with the same data. What the nodes say goes to DATA/primary.log and DATA/replica.log.

            Once there are users, the nodes need a log-in to each other (--replication-user), and this command needs one \
            to show what they do (--user).
            """)

    @Option(help: "The folder of both nodes' data.", completion: .directory)
    var data = "./tandem-data"

    @Option(help: "The primary's port.")
    var primaryPort = 7432

    @Option(help: "The replica's port.")
    var replicaPort = 7433

    @Option(help: "How many replicas have a transaction on disk before its commit returns: 0, 1, majority, all.")
    var acknowledgements = "1"

    @Option(help: "The nodes connect to each other as this user, who has the role replicate. (default: tandem)")
    var replicationUser: String?

    @Option(help: "A file with that user's password in its first line.", completion: .file())
    var replicationPasswordFile: String?

    @OptionGroup var login: LoginOptions

    func validate() throws {
        for (option, port) in [("--primary-port", primaryPort), ("--replica-port", replicaPort)]
        where !(1...65535).contains(port) {
            throw ValidationError("\(option): \(port) is not a port from 1 to 65535")
        }
        guard primaryPort != replicaPort else {
            throw ValidationError("--primary-port and --replica-port are both \(primaryPort); choose two")
        }
        guard ["0", "1", "majority", "all"].contains(acknowledgements) else {
            throw ValidationError(
                "--acknowledgements: '\(acknowledgements)' is not 0, 1, majority or all; this pair has one replica")
        }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let primary = HostAndPort(host: "127.0.0.1", port: primaryPort)
        let replica = HostAndPort(host: "127.0.0.1", port: replicaPort)
        let login = try login.login()
        refuseIfRunning(primary, replica)
        let stop = StopSignal()
        let nodes = [
            try NodeProcess(
                "primary", at: primary, data: data + "/primary",
                options: ["--acknowledgements", acknowledgements] + replicationOptions),
            try NodeProcess(
                "replica", at: replica, data: data + "/replica",
                options: ["--primary", primary.description] + replicationOptions),
        ]
        StandardOutput.write(introduction(primary, replica))
        var watches = (primary: NodeWatch(primary, login), replica: NodeWatch(replica, login))
        var hasAdvised = false
        let line = StatusLine()
        while !stop.hasCome {
            if let ended = nodes.first(where: { !$0.isRunning }) {
                line.end()
                for node in nodes { node.stop() }
                NodeRunner.fail("the \(ended.role) has ended: \(ended.lastWords)")
            }
            let reports = (await watches.primary.report(), await watches.replica.report())
            if !hasAdvised, let refusal = [reports.0, reports.1].first(where: \.isRefused) {
                line.end()
                StandardOutput.write(advice(refusal, login))
                hasAdvised = true
            }
            line.show(reports.0, reports.1)
            await stop.wait(atMost: .milliseconds(500))
        }
        line.end()
        StandardOutput.write("stopping …\n")
        for node in nodes.reversed() { node.stop() }
        StandardOutput.write("stopped; the data stays in \(data)\n")
    }

    /// Touches nothing of a pair that runs, and takes nobody else for a node of its own.
    private func refuseIfRunning(_ addresses: HostAndPort...) {
        for folder in ["primary", "replica"] where DirectoryLock.isHeld("\(data)/\(folder)") {
            NodeRunner.fail(
                "the data directory \(data)/\(folder) is in use; is another pair running? Stop it, or choose another --data"
            )
        }
        for address in addresses where PortCheck.isTaken(address.port) {
            NodeRunner.fail("the address \(address) is in use; is another pair running? Choose other ports")
        }
    }

    private var replicationOptions: [String] {
        [("--replication-user", replicationUser), ("--replication-password-file", replicationPasswordFile)].flatMap {
            option, value in value.map { [option, $0] } ?? []
        }
    }

    /// What to do where a node does not let this command in, which may not be all it does not let in.
    private func advice(_ refusal: NodeReport, _ login: NodeLogin) -> String {
        """
        The node at \(refusal.address) does not let the user \(login.user) in: \(refusal.failure ?? "it does not say why").
        Its group has users: stop this, and start it again with --user and --password-file (or PGPASSWORD), and for the
        nodes themselves with --replication-user and --replication-password-file.

        """
    }

    private func introduction(_ primary: HostAndPort, _ replica: HostAndPort) -> String {
        let promise =
            acknowledgements == "0"
            ? "A commit returns before it is on the replica's disk."
            : "A commit returns once it is on the replica's disk as well; the replica shows it a moment later."
        let user = login.user.map { " -U \($0)" } ?? ""
        let psql = (
            primary: "psql -h \(primary.host) -p \(primary.port)\(user)",
            replica: "psql -h \(replica.host) -p \(replica.port)\(user)"
        )
        return """
            Tandem: a replicated SQLite that any PostgreSQL client can talk to.

              primary   \(primary)   takes writes            data \(data)/primary
              replica   \(replica)   serves reads            data \(data)/replica

            Try, in another terminal:

              \(psql.primary) -c "CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT)"
              \(psql.primary) -c "INSERT INTO book (title) VALUES ('Emma')"
              \(psql.replica) -c "SELECT * FROM book"

            \(promise) Kill either process with -9, run this again, and see.
            Ctrl-C stops both.


            """
    }
}
