import Glibc
import NIOConcurrencyHelpers

/// Whether a node refuses writes because an operator said so; it stays so over restarts, until an operator says otherwise.
final class MaintenanceMode: Sendable {
    /// There while the mode is on.
    private let file: String
    private let isOnBox: NIOLockedValueBox<Bool>

    init(file: String) {
        self.file = file
        isOnBox = NIOLockedValueBox(access(file, F_OK) == 0)
    }

    var isOn: Bool { isOnBox.withLockedValue { $0 } }

    /// - Throws: ``TandemError`` (`dataDirectory`) if it cannot be written down; then nothing has changed.
    func set(_ isOn: Bool) throws(TandemError) {
        if isOn {
            let descriptor = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw failure() }
            close(descriptor)
        } else if unlink(file) != 0, errno != ENOENT {
            throw failure()
        }
        isOnBox.withLockedValue { $0 = isOn }
    }

    private func failure() -> TandemError {
        TandemError(
            .dataDirectory,
            "the maintenance mode cannot be written down in \(file): \(String(cString: strerror(errno)))")
    }
}
