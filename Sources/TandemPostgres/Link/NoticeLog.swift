import CPQ
import Logging

/// Passes the server's notices to a log, and looks for the one that changes what an answer means.
final class NoticeLog {
    private let logger: Logger
    /// Whether the server has said that it has committed without the standby that it was to wait for, since this was unset
    /// last.
    var hasCommittedAlone = false

    init(_ logger: Logger) { self.logger = logger }

    /// libpq's callback; its argument is a ``NoticeLog``.
    static let receiver: PQnoticeReceiver = { argument, result in
        guard let argument, let result else { return }
        Unmanaged<NoticeLog>.fromOpaque(argument).takeUnretainedValue().received(result)
    }

    private func received(_ result: OpaquePointer) {
        func field(_ name: Character) -> String? {
            name.asciiValue.flatMap { PQresultErrorField(result, Int32($0)) }.map { String(cString: $0) }
        }
        let isWarning = field("V") == "WARNING"
        // The message is translated on some servers; the name of the function that waits is not.
        if isWarning, field("R") == "SyncRepWaitForLSN" { hasCommittedAlone = true }
        logger.log(
            level: isWarning ? .warning : .debug, "The server sent a notice.",
            metadata: [
                "severity": "\(field("V") ?? "")", "sqlstate": "\(field("C") ?? "")", "message": "\(field("M") ?? "")",
            ])
    }
}
