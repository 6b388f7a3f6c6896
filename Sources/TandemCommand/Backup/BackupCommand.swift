import ArgumentParser
import Foundation
import Tandem
import TandemReplication

/// `tandem backup`: a consistent copy of a running node's database.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy a running node's database, as it is at one moment, to be restored from.",
        discussion: """
            The node goes on meanwhile, writes too. FILE is an ordinary SQLite database; DIR (an empty directory, or a \
            name that ends with /) holds the same, its checksum, and the end of the log, so that 'tandem restore' can \
            check it. Beside the users' tables the database has Tandem's own (_tandem_…), with the position that is \
            printed and with users and their password verifiers: keep it secret. The login needs the role replicate. \
            Ask a replica to spare the primary.
            """)

    @Argument(help: "The file, which must not be there yet, or the directory.", completion: .file())
    var target: String

    @Option(help: "The node, as postgresql://HOST:PORT or HOST:PORT.")
    var url = "postgresql://127.0.0.1:7432"

    @OptionGroup var patience: CopyPatience
    @OptionGroup var login: LoginOptions

    func run() async throws {
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: target, isDirectory: &isDirectory)
        let header: SnapshotHeader
        if target.hasSuffix("/") || exists && isDirectory.boolValue {
            header = try await backUpDirectory()
        } else {
            header = try await backUpFile()
        }
        print("\(target) is the database at \(header.position), \(ByteCount.words(header.databaseSize))")
    }

    private func backUpFile() async throws -> SnapshotHeader {
        let file = try TargetFile(target)
        return try await run(clearing: file.clear) {
            let header = try await BackupDownload.run(from: url, login, patience, to: file.partial)
            try file.truncate(to: header.databaseSize)
            try file.finish()
            return header
        }
    }

    private func backUpDirectory() async throws -> SnapshotHeader {
        let directory: BackupDirectory
        do throws(TandemError) {
            directory = try BackupDirectory(target)
        } catch {
            throw ValidationError(error.message)
        }
        return try await run(clearing: directory.clear) {
            let header = try await BackupDownload.run(from: url, login, patience, to: directory.incoming)
            try directory.seal(header)
            return header
        }
    }

    /// Ends the program where `body` fails, after `clear`.
    private func run(
        clearing clear: () -> Void, _ body: () async throws -> SnapshotHeader
    ) async throws -> SnapshotHeader {
        do {
            return try await body()
        } catch {
            clear()
            if error is ValidationError { throw error }
            NodeRunner.fail("no backup was made: \(ErrorWords.text(error))")
        }
    }
}
