import Foundation
import NIOConcurrencyHelpers

/// The command that runs over the pair, with this program's own input and output.
final class CommandProcess: Sendable {
    private let process: NIOLockedValueBox<Process>

    init(_ command: [String], environment: [String: String]) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        self.process = NIOLockedValueBox(process)
    }

    /// Runs it to its end.
    ///
    /// - Returns: its exit status.
    func run() async throws -> Int32 {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
            process.withLockedValue { process in
                process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
                do { try process.run() } catch { continuation.resume(throwing: error) }
            }
        }
    }

    func stop() { process.withLockedValue { if $0.isRunning { $0.terminate() } } }
}
