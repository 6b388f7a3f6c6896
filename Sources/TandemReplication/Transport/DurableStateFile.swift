import Foundation
import Glibc
import TandemLog

/// The file that holds a node's ``DurableState``: a small text, written aside, flushed and renamed into place.
public struct DurableStateFile: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    /// The state; nil if there is no file, which is a new node.
    ///
    /// - Throws: ``LogError`` that names the file and the way out: `damaged`, or `inputOutput` where it cannot be read.
    public func read() throws -> DurableState? {
        guard let data = FileManager.default.contents(atPath: path) else {
            guard FileManager.default.fileExists(atPath: path) else { return nil }
            throw unreadable
        }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        guard lines.first == "tandem node state 1", let last = lines.last, last.hasPrefix("checksum ") else {
            throw damage("it is not what a node writes")
        }
        let body = lines.dropLast().joined(separator: "\n") + "\n"
        guard UInt32(last.dropFirst("checksum ".count), radix: 16) == Self.checksum(body) else {
            throw damage("its checksum does not fit")
        }
        return try state(lines.dropFirst().dropLast())
    }

    /// Writes the state; it is durable when the call returns.
    public func write(_ state: DurableState) throws {
        var body = "tandem node state 1\nnode \(state.node)\n"
        if let group = state.group { body += "group \(group)\n" }
        if let promised = state.promised { body += "promised \(promised)\n" }
        if let reign = state.reign { body += "reign \(reign)\n" }
        if let continues = state.continues { body += "continues \(continues)\n" }
        body += "whole \(state.whole)\nincarnation \(state.incarnation)\n"
        if state.cascades { body += "cascade true\n" }
        if let forgotten = state.forgotten { body += "forgotten \(forgotten)\n" }
        body += "checksum \(String(Self.checksum(body), radix: 16))\n"
        try replace(with: Array(body.utf8))
    }

    private func state(_ lines: ArraySlice<Substring>) throws -> DurableState {
        var fields: [Substring: Substring] = [:]
        for line in lines {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { throw damage("a line of it has no value") }
            fields[parts[0]] = parts[1]
        }
        guard let node = fields["node"].flatMap({ NodeID($0) }),
            let whole = fields["whole"].flatMap({ Bool(String($0)) }),
            let incarnation = fields["incarnation"].flatMap({ UInt32($0) })
        else { throw damage("a line of it is missing or cannot be read") }
        return DurableState(
            node: node, group: try optional(fields["group"]) { GroupID($0) },
            promised: try optional(fields["promised"]) { Epoch($0) },
            reign: try optional(fields["reign"]) { Epoch($0) },
            continues: try optional(fields["continues"]) { Epoch($0) },
            whole: whole, incarnation: incarnation, cascades: fields["cascade"] == "true",
            forgotten: try optional(fields["forgotten"]) { Epoch($0) })
    }

    private func optional<Value>(_ text: Substring?, _ parse: (Substring) -> Value?) throws -> Value? {
        guard let text else { return nil }
        guard let value = parse(text) else { throw damage("'\(text)' in it cannot be read") }
        return value
    }

    /// Nothing is known of what is in the file: its owner may be wrong, or the rights, which is no reason to give it up.
    private var unreadable: LogError {
        LogError(
            .inputOutput,
            "The node's state cannot be read. Let the user that this node runs as read and write the file and its directory, or check the disk; then start this node again.",
            file: path)
    }

    private func damage(_ what: String) -> LogError {
        LogError(
            .damaged,
            "The node's state is damaged: \(what). A node must not forget what it has promised: move its data directory away and start it anew as a replica, which fetches everything from its primary.",
            file: path)
    }

    private static func checksum(_ text: String) -> UInt32 {
        Array(text.utf8).withUnsafeBytes { Checksum.crc32c($0) }
    }

    private func replace(with bytes: [UInt8]) throws {
        let aside = path + ".new"
        let file = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("cannot be written") }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw failure("cannot be written") }
            written += count
        }
        guard fsync(file) == 0 else { throw failure("cannot be flushed") }
        guard rename(aside, path) == 0 else { throw failure("cannot be renamed into place") }
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("its directory cannot be opened") }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure("its directory cannot be flushed") }
    }

    private func failure(_ what: String) -> LogError {
        let number = errno
        return LogError(
            number == ENOSPC ? .diskFull : .inputOutput,
            "The node's state \(what): \(String(cString: strerror(number))).", file: path, errorNumber: number)
    }
}
