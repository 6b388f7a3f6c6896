import ArgumentParser
import Foundation
import PostgresWire
import Tandem
import TandemLog

/// `tandem restore`: a new data directory from a backup and an archive.
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Restore a backup, and what was archived since, up to any moment.",
        discussion: """
            Makes a new data directory. Its node is of a group of its own: nodes of the group that the backup is of do \
            not follow it. What is restored is checked while it is read, and the database when it is whole.
            """)

    @Option(help: "The backup: a file or a directory that 'tandem backup' has made.", completion: .directory)
    var backup: String

    @Option(help: "The directory that the log was archived in. (default: none, which restores the backup alone)")
    var archive: String?

    @Option(help: "The new data directory; it must be empty, or not there.", completion: .directory)
    var data: String?

    @Option(help: "Stop behind this record. (default: the last there is)")
    var toIndex: UInt64?

    @Option(
        help:
            "Stop behind the last transaction that was committed then or before: 'YYYY-MM-DD HH:MM:SS[.fff][zone]', UTC without a zone."
    )
    var toTime: String?

    @Flag(help: "Read and check everything, and say what would be restored, but make nothing.")
    var dryRun = false

    func validate() throws {
        if toIndex != nil, toTime != nil { throw ValidationError("say --to-index or --to-time, not both") }
        if data == nil, !dryRun { throw ValidationError("where is it to be restored? Say --data DIR, or --dry-run") }
        if let toIndex, toIndex == 0 { throw ValidationError("--to-index: records are numbered from 1 on") }
        _ = try target()
    }

    private func target() throws -> Restore.Target {
        if let toIndex { return .index(LogIndex(toIndex)) }
        guard let toTime else { return .latest }
        guard let time = MomentText.microseconds(toTime) else {
            throw ValidationError(
                "--to-time: '\(toTime)' is not a time such as '2026-11-26 09:30:00', with +01:00 or UTC")
        }
        return .time(time)
    }

    func run() throws {
        let restore = Restore(backup: backup, archive: archive, target: try target())
        do {
            if dryRun {
                print(words(try restore.rehearse(), "would be restored"))
            } else if let data {
                let report = try restore.run(into: data)
                print(words(report, "\(data) is restored"))
                print(FoundedWords.text(data: data, group: report.group))
            }
        } catch let error as ExitCode {
            throw error
        } catch {
            NodeRunner.fail("nothing was restored: \(ErrorWords.text(error))")
        }
    }

    private func words(_ report: Restore.Report, _ what: String) -> String {
        let count = report.position.index.distance(from: report.backup.index)
        let time = report.time.map { ", committed at \(MomentText.text($0)) UTC" } ?? ""
        var lines = [
            "\(what) up to record \(report.position.index)\(time)",
            "the backup holds those up to \(report.backup.index); \(count) more \(count == 1 ? "is" : "are") from the archive",
        ]
        if report.group != nil {
            lines.append("integrity_check and foreign_key_check were run; it is at \(report.position)")
        }
        lines += report.remarks.map { "note: \($0)" }
        return lines.joined(separator: "\n")
    }
}
