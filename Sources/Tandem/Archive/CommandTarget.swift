import Foundation
import TandemLog
import TandemReplication

/// An archive behind a shell command, of which the node knows only what it has given to it.
final class CommandTarget: ArchiveTarget {
    private let command: String
    /// Where files lie for the command.
    private let staging: String
    /// Names the last file that the command has taken.
    private let mark: ArchiveMark
    private let running = Monitor(Running())

    private struct Running {
        var child: ChildProcess?
        var isStopping = false
    }

    /// A command that is told to end has so long.
    private static let grace = Duration.seconds(3)

    init(_ command: String, staging: String, mark: String) {
        self.command = command
        self.staging = staging
        self.mark = ArchiveMark(path: mark)
    }

    var isShared: Bool { false }

    var words: String { "the archive command (\(command))" }

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
        running.withLock { running in
            running.isStopping = true
            running.child?.send(SIGTERM)
        }
        let hasEnded = running.wait(until: .now + Self.grace) { $0.child == nil ? true : nil }
        if hasEnded == nil { running.withLock { $0.child?.send(SIGKILL) } }
    }

    private func run(_ path: String, _ name: ArchiveName) throws {
        let child = try running.withLock { running in
            guard !running.isStopping else { throw TandemError(.unavailable, "the node is shutting down") }
            let child = try ChildProcess(shell: Self.fill(command, path: path, name: name.description))
            running.child = child
            return child
        }
        child.waitUntilEnded()
        running.signal { running in
            running.child = nil
            // What it had started ends with it; otherwise what it leaves behind is its own business.
            if running.isStopping { child.send(SIGKILL) }
        }
        let how: String
        switch child.reap() {
        case .exited(code: 0): return
        case .exited(let code): how = "ended with exit code \(code)"
        case .killed(let signal): how = "was ended by signal \(signal)"
        case nil: how = "was waited for by another part of this program, so that nobody knows how it ended"
        }
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
