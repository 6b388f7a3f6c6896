import Foundation
import Tandem
import TandemLog

/// A node that runs as a process of its own, its output at the end of a file.
final class NodeProcess {
    let role: String
    /// What the node writes goes there, after what earlier ones have written.
    let logFile: String
    private let process = Process()
    /// The node's standard input. It ends with this process, whether or not that can say so, and then the node stops.
    private let lifeline = Pipe()
    private let logStart: UInt64

    /// Starts it.
    ///
    /// - Parameter data: its data directory; the log is the file beside it.
    init(_ role: String, at address: HostAndPort, data: String, options: [String]) throws {
        self.role = role
        logFile = data + ".log"
        let folder = URL(fileURLWithPath: data).deletingLastPathComponent()
        do throws(LogError) {
            try SystemFileSystem().createDirectories(folder.path, mode: 0o755)
        } catch {
            let reason = error.errorNumber.map { String(cString: strerror($0)) } ?? error.message
            NodeRunner.fail("cannot make the folder \(folder.path): \(reason)")
        }
        let descriptor = open(logFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            NodeRunner.fail("cannot write \(logFile): \(String(cString: strerror(errno)))")
        }
        let output = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        logStart = UInt64(max(0, lseek(descriptor, 0, SEEK_END)))
        process.executableURL = Bundle.main.executableURL
        process.arguments = [role, "--end-with-input", "--data", data, "--listen", address.description] + options
        process.standardInput = lifeline
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    var isRunning: Bool { process.isRunning }

    /// Why it has ended, as far as can be told.
    var lastWords: String {
        let isKilled = process.terminationReason == .uncaughtSignal
        return NodeEnding(
            log: written, killedBy: isKilled ? process.terminationStatus : nil, exitCode: process.terminationStatus
        ).words + " (its log: \(logFile))"
    }

    /// Ends it gracefully, and waits for that.
    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    /// What this run has written.
    private var written: String {
        guard let file = FileHandle(forReadingAtPath: logFile) else { return "" }
        try? file.seek(toOffset: logStart)
        return ((try? file.readToEnd()) ?? nil).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
