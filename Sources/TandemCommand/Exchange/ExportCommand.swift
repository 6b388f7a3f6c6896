import ArgumentParser
import Foundation
import Tandem
import TandemLog

/// `tandem export`: a plain database from a node.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a node's database as a plain SQLite file.",
        discussion: """
            As it is at one moment, of a running node or from the data directory of a stopped one. Tandem's own tables \
            (_tandem_…) are not in it, nor anything of users and their passwords. Views, triggers, indexes and tables that need \
            functions of Tandem's, and so do not work elsewhere, are named. The login needs the role replicate.
            """)

    @Argument(help: "The file; it must not be there yet.", completion: .file())
    var file: String

    @Option(help: "The data directory of a node that is stopped.", completion: .directory)
    var data: String?

    @Option(help: "A running node, as postgresql://HOST:PORT or HOST:PORT. (default: postgresql://127.0.0.1:7432)")
    var url: String?

    @OptionGroup var patience: CopyPatience
    @OptionGroup var login: LoginOptions

    func validate() throws {
        if data != nil, url != nil { throw ValidationError("say --data or --url, not both") }
    }

    func run() async throws {
        let target = try TargetFile(file)
        do {
            let position = try await export(to: target)
            let remarks = try DatabaseExport.remarks(on: target.partial)
            try target.finish()
            print("\(file) is the database at \(position)")
            for remark in remarks { NodeRunner.warn("note: \(remark)") }
        } catch {
            target.clear()
            if error is ValidationError { throw error }
            NodeRunner.fail("nothing was exported: \(ErrorWords.text(error))")
        }
    }

    private func export(to target: TargetFile) async throws -> Position {
        if let data { return try DatabaseExport.run(directory: data, to: target.partial) }
        let header = try await BackupDownload.run(
            from: url ?? "postgresql://127.0.0.1:7432", login, patience, to: target.partial)
        try target.truncate(to: header.databaseSize)
        try DatabaseExport.makePlain(target.partial)
        return header.position
    }
}
