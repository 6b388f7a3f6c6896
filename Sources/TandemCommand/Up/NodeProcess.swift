import Foundation
import Tandem

/// A node that runs as a process of its own, its output in a file.
final class NodeProcess {
    let role: String
    private let process = Process()
    private let logFile: String

    init(_ role: String, at address: HostAndPort, data: String, options: [String]) throws {
        self.role = role
        logFile = data + ".log"
        let folder = URL(fileURLWithPath: data).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            NodeRunner.fail("cannot make the folder \(folder.path): \(error.localizedDescription)")
        }
        guard FileManager.default.createFile(atPath: logFile, contents: nil),
            let output = FileHandle(forWritingAtPath: logFile)
        else { NodeRunner.fail("cannot write \(logFile)") }
        process.executableURL = Bundle.main.executableURL
        process.arguments = [role, "--data", data, "--listen", address.description] + options
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    var isRunning: Bool { process.isRunning }

    /// The last line it wrote.
    var lastWords: String {
        let text = (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").last.map(String.init) ?? "exit code \(process.terminationStatus)"
    }

    /// Ends it gracefully, and waits for that.
    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }
}
