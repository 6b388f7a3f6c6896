import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import Tandem

/// Runs a node until SIGTERM or SIGINT ends it gracefully; a second signal ends it at once.
enum NodeRunner {
    static func run(_ configuration: NodeConfiguration, logLevel: Logger.Level) async throws {
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "tandem")
        logger.logLevel = logLevel
        let second = SecondSignal()
        second.watch()
        let node: Node
        do {
            node = try await Node.start(configuration, logger: logger)
        } catch let error as TandemError {
            fail(error.message)
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: node, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet(logger)))
        do {
            try await group.run()
        } catch let error as TandemError {
            fail(error.message)
        }
        logger.info("node stopped")
    }

    /// One clear line, and an exit code that is not 0.
    static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data("tandem: \(message)\n".utf8))
        exit(1)
    }

    private static func quiet(_ logger: Logger) -> Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        return quiet
    }
}

/// Ends the process at once when a second SIGTERM or SIGINT comes.
final class SecondSignal: Sendable {
    private static let queue = DispatchQueue(label: "tandem.signals")
    nonisolated(unsafe) private static var sources: [any DispatchSourceSignal] = []  // Touched on `queue` alone.
    nonisolated(unsafe) private static var count = 0  // Touched on `queue` alone.

    func watch() {
        Self.queue.sync {
            for number in [SIGTERM, SIGINT] {
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: Self.queue)
                source.setEventHandler {
                    Self.count += 1
                    if Self.count > 1 { _exit(128 + number) }
                }
                source.resume()
                Self.sources.append(source)
            }
        }
    }
}
