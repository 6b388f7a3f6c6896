import Foundation
import Glibc

/// A folder for the files of test servers. It goes away with ``remove()`` or at the process's exit; what a killed
/// process left behind goes with the next folder that is made.
///
/// With `TANDEM_KEEP_SERVERS` in the environment folders stay, for a look at their logs.
public final class TemporaryFolder: Sendable {
    private static let prefix = "tandem-test-"

    public let path: String

    /// - Parameter owner: the user whose servers write there; nil for the user of this process.
    public init(owner: String? = nil) throws {
        Self.removeLeftovers()
        path = NSTemporaryDirectory() + Self.prefix + "\(getpid())-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        chmod(path, 0o755)
        if let owner {
            guard let entry = getpwnam(owner) else { throw TestServerError("there is no user \(owner)") }
            guard chown(path, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
                throw TestServerError("cannot give \(path) to \(owner): \(String(cString: strerror(errno)))")
            }
        }
        ExitCleaner.shared.add(self)
    }

    public func remove() {
        guard ProcessInfo.processInfo.environment["TANDEM_KEEP_SERVERS"] == nil else { return }
        try? FileManager.default.removeItem(atPath: path)
    }

    private static func removeLeftovers() {
        let parent = NSTemporaryDirectory()
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(prefix) {
            let owner = name.dropFirst(prefix.count).prefix { $0 != "-" }
            guard let process = pid_t(owner), kill(process, 0) != 0, errno == ESRCH else { continue }
            try? FileManager.default.removeItem(atPath: parent + name)
        }
    }
}
