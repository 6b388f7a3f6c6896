import Logging
import PostgresWire

/// Writes failed log-ins into the node's log.
struct LoginLog: Sendable {
    let logger: Logger

    func failed(_ login: FailedLogin) {
        logger.warning(
            "a log-in has failed",
            metadata: [
                "address": "\(login.address?.ipAddress ?? "unknown")", "user": "\(Self.printable(login.user))",
                "reason": "\(login.reason)",
            ])
    }

    /// What a stranger sent must neither fill the log nor write lines of its own.
    static func printable(_ name: String) -> String {
        let scalars = name.unicodeScalars.prefix(64).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate:
                Unicode.Scalar(UInt8(ascii: "?"))
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
