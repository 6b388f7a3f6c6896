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
            (tandem promote --accept-data-loss). A file whose beginning is damaged is named and left \
            out. The exit code is 1 for that, for a gap, and for damage that --verify finds.
            """)

    @Argument(help: "The archive's directory.", completion: .directory)
    var directory: String

    @Flag(help: "Name each file.")
    var files = false

    @Flag(help: "Read every file, and check every checksum.")
    var verify = false

    func run() throws {
        do {
            let (archive, faults) = try Archive.readable(in: directory)
            if archive.group == nil, faults.isEmpty {
                print("no file of an archive lies in \(directory)")
                return
            }
            if let group = archive.group { print("group    \(group)") }
            print("files    \(archive.files.count)")
            if files {
                for file in archive.files { print("  \(file.name)  records \(file.name.first) to \(file.name.last)") }
            }
            for fault in faults { print("  LEFT OUT  \(fault)") }
            var isSound = faults.isEmpty
            for (place, line) in archive.lines.enumerated() where !describe(line, of: archive, isNewest: place == 0) {
                isSound = false
            }
            if verify, !check(archive.files, isWhole: faults.isEmpty) { isSound = false }
            if !isSound { throw ExitCode.failure }
        } catch let code as ExitCode {
            throw code
        } catch {
            NodeRunner.fail("\(ErrorWords.text(error))")
        }
    }

    /// Reads all files, and names those that are damaged.
    ///
    /// - Parameter isWhole: none was left out.
    /// - Returns: whether none is.
    private func check(_ files: [ArchiveFile], isWhole: Bool) -> Bool {
        var isSound = true
        for file in files {
            do throws(LogError) {
                try file.verify()
            } catch {
                print("  DAMAGED   \(error)")
                isSound = false
            }
        }
        if isSound, isWhole { print("sound    every checksum of every file fits") }
        return isSound
    }

    /// - Returns: whether it has no gap, nor damage where it was read.
    private func describe(_ line: ArchiveLine, of archive: Archive, isNewest: Bool) -> Bool {
        var isSound = true
        let epochs = line.history.entries.map { "\($0.epoch) from \($0.firstIndex)" }.joined(separator: ", ")
        print(isNewest ? "history  \(epochs)" : "given up \(epochs)")
        let ranges = archive.ranges(on: line)
        for (place, range) in ranges.enumerated() {
            if place > 0 {
                print(
                    "  GAP    records \(ranges[place - 1].upperBound.next) to \(range.lowerBound.previous) are missing")
            }
            let (times, fault) = times(of: range, line, archive)
            print("  holds  records \(range.lowerBound) to \(range.upperBound), \(times)")
            guard let fault else { continue }
            isSound = false
            if !verify { print("  DAMAGED   \(fault)") }
        }
        return isSound && ranges.count <= 1
    }

    /// When the first and the last record of a range were committed, and what is wrong with a file that was to tell.
    private func times(
        of range: ClosedRange<LogIndex>, _ line: ArchiveLine, _ archive: Archive
    ) -> (words: String, fault: LogError?) {
        var fault: LogError?
        var moments: [String] = []
        for index in [range.lowerBound, range.upperBound] {
            do throws(LogError) {
                let time = try archive.time(of: index, on: line)
                moments.append(time.map { MomentText.text($0) } ?? "?")
            } catch {
                fault = error
                moments.append("?")
            }
        }
        return ("\(moments[0]) to \(moments[1]) UTC", fault)
    }
}
