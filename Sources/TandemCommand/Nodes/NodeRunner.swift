import ArgumentParser
import Foundation
import Logging
import Tandem

/// Runs a node until SIGTERM, SIGINT or SIGHUP ends it gracefully; a second signal ends it at once. A node with files
/// for TLS or a password reads them again at SIGHUP, unless its terminal is gone.
enum NodeRunner {
    /// - Parameter endsWithInput: whether the end of standard input ends it as well.
    static func run(_ configuration: NodeConfiguration, logLevel: Logger.Level, endsWithInput: Bool) async throws {
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "tandem")
        logger.logLevel = logLevel
        let ignored = SettingSource.unknownVariables.sorted()
        if !ignored.isEmpty {
            logger.warning("environment variables that are not known are ignored", metadata: ["names": "\(ignored)"])
        }
        // From the beginning: a signal that comes while the node is opened must not get lost.
        let replication = configuration.replication
        let stop = StopSignal(
            reloads: configuration.tls != nil || replication.passwordFile != nil || replication.tls.rootFile != nil)
        if endsWithInput { stop.comeAtEndOfInput() }
        let node: Node
        do {
            node = try await Node.start(configuration, logger: logger)
        } catch let error as TandemError {
            fail(error.message)
        }
        node.onLoss { fail($0.message) }
        // Its last statements go with the node, and only then SQLite closes the database.
        stop.onReload { [weak node] in node?.reload() }
        await stop.wait()
        await node.stop()
        logger.info("node stopped")
    }

    /// One clear line, and an exit code that is not 0.
    static func fail(_ message: String) -> Never {
        warn(message)
        exit(1)
    }

    /// One clear line beside what is printed.
    static func warn(_ message: String) { write("tandem: \(message)\n") }

    /// Writes to standard error.
    static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
