import Foundation
import NIOConcurrencyHelpers
import TandemLog

/// Whether a node refuses writes because an operator said so; it stays so over restarts, until an operator says otherwise.
final class MaintenanceMode: Sendable {
    /// There while the mode is on.
    private let file: String
    private let isOnBox: NIOLockedValueBox<Bool>

    init(file: String) {
        self.file = file
        isOnBox = NIOLockedValueBox(FileManager.default.fileExists(atPath: file))
    }

    var isOn: Bool { isOnBox.withLockedValue { $0 } }

    /// - Throws: ``TandemError`` (`dataDirectory`) if it cannot be written down; the node goes on as it was, and after a
    ///   restart it may be either way.
    func set(_ isOn: Bool) throws(TandemError) {
        let files = SystemFileSystem()
        do {
            if isOn {
                _ = try files.open(file, .create)
            } else if FileManager.default.fileExists(atPath: file) {
                try files.remove(file)
            }
            try files.synchronizeDirectory((file as NSString).deletingLastPathComponent)
        } catch {
            throw TandemError(.dataDirectory, "the maintenance mode cannot be written down: \(error)")
        }
        isOnBox.withLockedValue { $0 = isOn }
    }
}
