import Glibc
import NIOConcurrencyHelpers

/// Ends the servers and removes the folders that are left when the process exits. (When it is killed the kernel ends
/// the servers, see ``ServerProcess``.)
final class ExitCleaner: Sendable {
    static let shared = ExitCleaner()

    private struct State {
        var processes: [ObjectIdentifier: ServerProcess] = [:]
        var folders: [TemporaryFolder] = []
    }

    private let state = NIOLockedValueBox(State())

    private init() {
        atexit { ExitCleaner.shared.clean() }
    }

    func add(_ process: ServerProcess) { state.withLockedValue { $0.processes[ObjectIdentifier(process)] = process } }

    func remove(_ process: ServerProcess) {
        _ = state.withLockedValue { $0.processes.removeValue(forKey: ObjectIdentifier(process)) }
    }

    func add(_ folder: TemporaryFolder) { state.withLockedValue { $0.folders.append(folder) } }

    private func clean() {
        let (processes, folders) = state.withLockedValue { (Array($0.processes.values), $0.folders) }
        for process in processes { process.signalEnd() }
        for process in processes { process.waitBlocking(seconds: 5) }
        for folder in folders { folder.remove() }
    }
}
