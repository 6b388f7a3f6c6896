import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TandemLog
import TandemReplication

/// Fetches snapshots for a node, on a thread of its own, and has them installed.
final class SnapshotFetcher: SnapshotFetching, Sendable {
    /// What there is once something is fetched.
    private struct Parts: Sendable {
        let group: MultiThreadedEventLoopGroup
        let worker: NIOLoopBoundBox<SnapshotWorker>
    }

    private let directory: DataDirectory
    private let configuration: NodeConfiguration
    private let credentials: ReplicationCredentials
    private let gateway: ReplicationGateway
    private let logger: Logger
    /// Opens the node anew.
    private let reopen: @Sendable () -> Void
    private let parts = NIOLockedValueBox<Parts?>(nil)
    private let current = NIOLockedValueBox<SnapshotProgress?>(nil)

    init(
        directory: DataDirectory, configuration: NodeConfiguration, credentials: ReplicationCredentials,
        gateway: ReplicationGateway, logger: Logger, reopen: @escaping @Sendable () -> Void
    ) {
        self.directory = directory
        self.configuration = configuration
        self.credentials = credentials
        self.gateway = gateway
        self.logger = logger
        self.reopen = reopen
    }

    /// The transfer under way; nil if there is none.
    var progress: SnapshotProgress? { current.withLockedValue { $0 } }

    // MARK: SnapshotFetching

    func fetch(from address: String, _ request: SnapshotRequest) {
        let source = configuration.snapshotSource?.description ?? address
        onWorker { $0.fetch(from: source, request) }
    }

    func abandon() {
        guard parts.withLockedValue({ $0 }) != nil else { return }
        onWorker { $0.abandon() }
    }

    func install(_ position: Position, replacesLog: Bool) {
        onWorker { $0.install(replacesLog: replacesLog) }
    }

    /// Ends what is under way; what has come stays for the next start.
    func stop() async {
        guard let parts = parts.withLockedValue({ $0 }) else { return }
        let worker = parts.worker
        try? await parts.group.any().submit { worker.value.stop() }.get()
        try? await parts.group.shutdownGracefully()
    }

    private func onWorker(_ body: @escaping @Sendable (SnapshotWorker) -> Void) {
        let known = parts.withLockedValue { parts in
            let known = parts ?? makeParts()
            parts = known
            return known
        }
        known.group.any().execute { body(known.worker.value) }
    }

    private func makeParts() -> Parts {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let worker = SnapshotWorker(
            files: SnapshotFiles(folder: directory.snapshot), data: directory.path,
            segmentSize: configuration.segmentSize, credentials: credentials, loop: loop, logger: logger,
            received: { [gateway] header, end in gateway.run { $0.snapshotReceived(header, end: end) } },
            progressed: { [current] progress in current.withLockedValue { $0 = progress } }, reopen: reopen)
        return Parts(
            group: group, worker: .makeBoxSendingValue(worker, as: SnapshotWorker.self, eventLoop: loop))
    }
}
