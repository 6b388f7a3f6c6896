import ArgumentParser
import Foundation
import PostgresWire
import Tandem
import TandemLog

/// `tandem archive`: what an archive holds.
struct ArchiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive", abstract: "Look at an archive of a log.", subcommands: [ListArchiveCommand.self],
        defaultSubcommand: ListArchiveCommand.self)
}

/// `tandem archive list DIR`.
struct ListArchiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Say which records an archive holds, of what time, and where it has gaps.",
        discussion: """
            More than one history is there only where records that were committed were given up \
            (tandem promote --accept-data-loss). The exit code is 1 if there is a gap, or damage with --verify.
            """)

    @Argument(help: "The archive's directory.", completion: .directory)
    var directory: String

    @Flag(help: "Name each file.")
    var files = false

    @Flag(help: "Read every file, and check every checksum.")
    var verify = false

    func run() throws {
        do {
            let archive = try Archive(directory: directory)
            guard let group = archive.group else {
                print("no file of an archive lies in \(directory)")
                return
            }
            print("group    \(group)")
            print("files    \(archive.files.count)")
            if files {
                for file in archive.files { print("  \(file.name)  records \(file.name.first) to \(file.name.last)") }
            }
            let gaps = try archive.lines.enumerated().map { try describe($1, of: archive, isNewest: $0 == 0) }
            if verify {
                for file in archive.files { try file.verify() }
                print("sound    every checksum of every file fits")
            }
            if gaps.contains(true) { throw ExitCode.failure }
        } catch let code as ExitCode {
            throw code
        } catch {
            NodeRunner.fail("\(ErrorWords.text(error))")
        }
    }

    /// - Returns: whether it has a gap.
    private func describe(_ line: ArchiveLine, of archive: Archive, isNewest: Bool) throws -> Bool {
        let epochs = line.history.entries.map { "\($0.epoch) from \($0.firstIndex)" }.joined(separator: ", ")
        print(isNewest ? "history  \(epochs)" : "given up \(epochs)")
        let ranges = archive.ranges(on: line)
        for (place, range) in ranges.enumerated() {
            if place > 0 {
                print(
                    "  GAP    records \(ranges[place - 1].upperBound.next) to \(range.lowerBound.previous) are missing")
            }
            let times = try times(of: range, line, archive)
            print("  holds  records \(range.lowerBound) to \(range.upperBound), \(times)")
        }
        return ranges.count > 1
    }

    /// When the first and the last record of a range were committed.
    private func times(of range: ClosedRange<LogIndex>, _ line: ArchiveLine, _ archive: Archive) throws -> String {
        let moments = try [range.lowerBound, range.upperBound].map { index in
            guard let time = try archive.time(of: index, on: line) else { return "?" }
            return MomentText.text(time)
        }
        return "\(moments[0]) to \(moments[1]) UTC"
    }
}
