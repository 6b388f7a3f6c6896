import ArgumentParser
import Foundation
import Tandem

/// `tandem import`: an existing database becomes a primary's.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make an existing SQLite database the first primary's of a new group.",
        discussion: """
            The database is copied as it is, with what its write-ahead log holds, and stays untouched; it may be open. \
            What cannot be replicated is named before anything is made. Rowids, user_version, application_id, page \
            size, auto_vacuum, triggers and full-text tables stay as they are. Replicas then begin with a snapshot.
            """)

    @Argument(help: "The database.", completion: .file())
    var file: String

    @Option(help: "The new data directory; it must be empty, or not there.", completion: .directory)
    var data: String

    @Flag(help: "Only say whether the database can be replicated; the copy that this needs is removed again.")
    var dryRun = false

    func run() throws {
        do {
            let source = DatabaseImport(file)
            guard !dryRun else {
                let remarks = try source.rehearse(in: data)
                print("\(file) can be replicated")
                return note(remarks)
            }
            let report = try source.run(into: data)
            print("\(file) is imported into \(data)")
            note(report.remarks)
            print(FoundedWords.text(data: data, group: report.group))
        } catch {
            NodeRunner.fail("nothing was imported: \(ErrorWords.text(error))")
        }
    }

    private func note(_ remarks: [String]) {
        for remark in remarks { print("note: \(remark)") }
    }
}
