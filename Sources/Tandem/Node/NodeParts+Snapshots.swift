import Foundation
import Logging
import TandemLog
import TandemSQLite

// Snapshots that take the place of what a node has, before it is opened.
extension NodeParts {
    /// Finishes an installation that was decided, whatever a crash has left of it.
    static func finishInstallation(in directory: DataDirectory, _ logger: Logger) throws(TandemError) {
        do throws(LogError) {
            let installed = try SnapshotInstallation.finish(in: directory.path)
            // Only a transfer that goes on has a use for what is left.
            if !FileManager.default.fileExists(atPath: directory.snapshot + "/incoming") {
                try? FileManager.default.removeItem(atPath: directory.snapshot)
            }
            guard let installed else { return }
            // It was checked when it came.
            WriterConnection.trustContent(of: directory.database)
            logger.notice(
                "a snapshot was installed",
                metadata: [
                    "snapshot": "\(installed.snapshot)", "log": "\(installed.replacesLog ? "replaced" : "kept")",
                ])
        } catch {
            throw TandemError(.damaged, "a snapshot cannot be installed: \(error)", cause: error)
        }
    }

    /// What a snapshot took the place of is kept as long as the node may lack what it acknowledged from that.
    static func removeReplaced(_ prepared: ReplicationService.Prepared, in directory: DataDirectory) {
        if prepared.durable.whole { directory.discardReplaced() }
    }
}
