import Foundation
import NIOConcurrencyHelpers
import TandemLog

/// An archive behind a shell command, of which the node knows only what it has given to it.
final class CommandTarget: ArchiveTarget {
    private let command: String
    /// Where files lie for the command.
    private let staging: String
    /// Names the last file that the command has taken.
    private let mark: ArchiveMark
    private let running = NIOLockedValueBox<(process: Process?, isStopping: Bool)>((nil, false))

    init(_ command: String, staging: String, mark: String) {
        self.command = command
        self.staging = staging
        self.mark = ArchiveMark(path: mark)
    }

    var isShared: Bool { false }

    func open(
        as node: NodeID, of group: GroupID, holding: (LogEnd) throws -> Bool, through committed: LogIndex
    ) throws -> ArchivedSoFar {
        if FileManager.default.fileExists(atPath: staging) { try FileManager.default.removeItem(atPath: staging) }
        try SystemFileSystem().createDirectory(staging)
        guard let end = try mark.read()?.end else { return ArchivedSoFar(end: nil, highest: .zero) }
        return ArchivedSoFar(end: try holding(end) ? end : nil, highest: end.index)
    }

    func add(
        _ range: ClosedRange<LogIndex>, as node: NodeID, _ write: (String) throws -> ArchiveName
    ) throws -> ArchiveName {
        let partial = staging + "/next"
        let name = try write(partial)
        let path = "\(staging)/\(name)"
        try SystemFileSystem().rename(partial, to: path)
        try run(path, name)
        try mark.write(name)
        try SystemFileSystem().remove(path)
        return name
    }

    func stop() {
        let process = running.withLockedValue { running in
            running.isStopping = true
            return running.process
        }
        process?.terminate()
    }

    private func run(_ path: String, _ name: ArchiveName) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", Self.fill(command, path: path, name: name.description)]
        process.standardInput = FileHandle.nullDevice
        try running.withLockedValue { running in
            guard !running.isStopping else { throw TandemError(.unavailable, "the node is shutting down") }
            try process.run()
            running.process = process
        }
        process.waitUntilExit()
        running.withLockedValue { $0.process = nil }
        guard process.terminationReason != .exit || process.terminationStatus != 0 else { return }
        let how =
            process.terminationReason == .exit
            ? "ended with exit code \(process.terminationStatus)" : "was ended by signal \(process.terminationStatus)"
        throw TandemError(.unavailable, "the archive command \(how): \(command)")
    }

    /// `%p`, `%f` and `%%` in their places.
    static func fill(_ command: String, path: String, name: String) -> String {
        var result = ""
        var rest = command[...]
        while let percent = rest.firstIndex(of: "%") {
            result += rest[..<percent]
            let following = rest.index(after: percent)
            switch following < rest.endIndex ? rest[following] : nil {
            case "p": result += path
            case "f": result += name
            case "%": result += "%"
            case let other: result += "%" + (other.map(String.init) ?? "")
            }
            rest = following < rest.endIndex ? rest[rest.index(after: following)...] : ""
        }
        return result + rest
    }
}
