import Foundation
import Glibc

/// Where PostgreSQL's programs lie, and who runs them.
enum PostgresInstallation {
    /// The user whose rights the servers have where the tests run as root, which PostgreSQL refuses.
    static var user: String? { geteuid() == 0 ? "postgres" : nil }

    /// `PGBIN`, or the newest that Debian has installed.
    static func program(_ name: String) throws -> String {
        if let folder = ProcessInfo.processInfo.environment["PGBIN"] { return "\(folder)/\(name)" }
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        guard let newest = versions.compactMap(Int.init).max() else {
            throw TestServerError("PostgreSQL's server is not installed: apt-get install postgresql, or set PGBIN")
        }
        return "\(root)/\(newest)/bin/\(name)"
    }
}
