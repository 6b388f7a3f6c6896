import ArgumentParser
import Foundation
import NIOPosix
import PostgresWire
import Tandem
import TandemLog
import TandemReplication

/// `tandem backup`: a consistent copy of a running node's database.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy a running node's database into a file, as it is at one moment.",
        discussion: """
            The node goes on meanwhile, writes too. The file is an ordinary SQLite database; beside the users' tables it \
            has Tandem's own (_tandem_…), with the position that is printed and with users and their password hashes. \
            The login needs the role replicate. Ask a replica to spare the primary.
            """)

    @Argument(help: "The file; it must not be there yet.", completion: .file())
    var file: String

    @Option(help: "The node, as postgresql://HOST:PORT or HOST:PORT.")
    var url = "postgresql://127.0.0.1:7432"

    @OptionGroup var login: LoginOptions

    func run() async throws {
        guard let address = NodeURL.parse(url) else {
            throw ValidationError("--url: '\(url)' is not postgresql://HOST:PORT")
        }
        guard !FileManager.default.fileExists(atPath: file) else {
            throw ValidationError("\(file) is there already; name another file, or move it away")
        }
        var options = try login.login().options(to: address)
        options.parameters["replication"] = "true"
        let partial = file + ".partial"
        do {
            let header = try await BackupDownload.run(options, to: partial)
            try finish(header, partial)
            print(
                "\(file) is the database at \(header.position), \(ByteCount.words(header.databaseSize))"
            )
        } catch {
            try? FileManager.default.removeItem(atPath: partial)  // What is half done only takes room.
            let reason = (error as? PostgresError)?.message ?? (error as? LogError)?.description ?? "\(error)"
            NodeRunner.fail("no backup was made: \(reason)")
        }
    }

    /// Drops what is not the database, makes the file durable, and gives it its name.
    private func finish(_ header: SnapshotHeader, _ partial: String) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: partial))
        try handle.truncate(atOffset: header.databaseSize)
        try handle.synchronize()
        try handle.close()
        let fileSystem = SystemFileSystem()
        try fileSystem.rename(partial, to: file)
        try fileSystem.synchronizeDirectory(
            URL(fileURLWithPath: file).deletingLastPathComponent().path)
    }
}
