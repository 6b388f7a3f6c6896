import Logging

/// One line of a node's log.
struct ReplicationLogEntry {
    let level: Logger.Level
    let message: String
    let metadata: Logger.Metadata

    init(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata = [:]) {
        self.level = level
        self.message = message
        self.metadata = metadata
    }
}
