import ArgumentParser
import Foundation
import Tandem

/// `tandem up`: a primary and a replica on this machine, to look at.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Run a primary and a replica on this machine, and follow what they do.",
        discussion: "Two processes with data below --data; Ctrl-C stops both. A second run goes on with the same data.")

    @Option(help: "The folder of both nodes' data.", completion: .directory)
    var data = "./tandem-data"

    @Option(help: "The primary's port.")
    var primaryPort = 7432

    @Option(help: "The replica's port.")
    var replicaPort = 7433

    @Option(help: "How many replicas have a transaction on disk before its commit returns: 0, 1, majority, all.")
    var acknowledgements = "1"

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let primary = HostAndPort(host: "127.0.0.1", port: primaryPort)
        let replica = HostAndPort(host: "127.0.0.1", port: replicaPort)
        // Whoever listens there would be taken for a node of ours.
        for address in [primary, replica] where PortCheck.isTaken(address.port) {
            NodeRunner.fail("the address \(address) is in use; is another pair running?")
        }
        let nodes = [
            try NodeProcess(
                "primary", at: primary, data: data + "/primary", options: ["--acknowledgements", acknowledgements]),
            try NodeProcess(
                "replica", at: replica, data: data + "/replica", options: ["--primary", primary.description]),
        ]
        let stop = StopSignal()
        introduce(primary, replica)
        let line = StatusLine()
        while !stop.hasCome {
            if let ended = nodes.first(where: { !$0.isRunning }) {
                line.end()
                for node in nodes { node.stop() }
                NodeRunner.fail("the \(ended.role) has ended: \(ended.lastWords)")
            }
            line.show(await NodeReport(asking: primary), await NodeReport(asking: replica))
            await stop.wait(atMost: .milliseconds(500))
        }
        line.end()
        print("stopping …")
        for node in nodes.reversed() { node.stop() }
        print("stopped; the data stays in \(data)")
    }

    private func introduce(_ primary: HostAndPort, _ replica: HostAndPort) {
        print(
            """
            Tandem: a replicated SQLite that any PostgreSQL client can talk to.

              primary   \(primary)   takes writes            data \(data)/primary
              replica   \(replica)   serves reads            data \(data)/replica

            Try, in another terminal:

              psql -h \(primary.host) -p \(primary.port) -c "CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT)"
              psql -h \(primary.host) -p \(primary.port) -c "INSERT INTO book (title) VALUES ('Emma')"
              psql -h \(replica.host) -p \(replica.port) -c "SELECT * FROM book"

            A commit returns once it is on \(acknowledgements) replica's disk as well. Kill either process with -9, and see.
            Ctrl-C stops both.

            """)
    }
}
