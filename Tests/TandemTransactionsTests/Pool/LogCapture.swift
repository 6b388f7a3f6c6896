import Logging
import NIOConcurrencyHelpers

/// Keeps what is logged.
struct LogCapture: LogHandler {
    final class Entries: Sendable {
        private let entries = NIOLockedValueBox<[String]>([])
        var all: [String] { entries.withLockedValue { $0 } }
        func append(_ entry: String) { entries.withLockedValue { $0.append(entry) } }
    }

    let entries = Entries()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    var logger: Logger { Logger(label: "test") { _ in self } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let data = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        entries.append("\(event.level): \(event.message) \(data.joined(separator: " "))")
    }
}
