import Logging
import NIOCore
import PostgresWire
import TandemLog
import TandemReplication

/// The thread that fetches a snapshot: it writes what comes before it reads on, so that memory does not depend on the
/// size, and dials again whenever the connection is lost.
final class SnapshotWorker {
    private let files: SnapshotFiles
    private let data: String
    private let segmentSize: Int
    private let credentials: ReplicationCredentials
    private let loop: any EventLoop
    private let logger: Logger
    private let received: @Sendable (SnapshotHeader, LogEnd) -> Void
    private let progressed: @Sendable (SnapshotProgress?) -> Void
    private let reopen: @Sendable () -> Void

    private var address = ""
    private var request: SnapshotRequest?
    private var transfer = SnapshotTransfer()
    private var connection: IncomingSnapshot?
    private var progress: SnapshotProgress?
    private var retry: Scheduled<Void>?
    private var watch: RepeatedTask?
    private var lastHeard = Moment.zero
    private var lastTold = Moment.zero
    private var isSealed = false
    /// Whether the installation is decided: nothing is dropped any more, the next start finishes it.
    private var isDecided = false
    private var lastReason: String?

    private static let redialDelay = TimeAmount.seconds(1)
    private static let silenceLimit = Duration.seconds(10)
    /// The log says so often how far it is.
    private static let tellInterval = Duration.seconds(10)

    init(
        files: SnapshotFiles, data: String, segmentSize: Int, credentials: ReplicationCredentials,
        loop: any EventLoop, logger: Logger, received: @escaping @Sendable (SnapshotHeader, LogEnd) -> Void,
        progressed: @escaping @Sendable (SnapshotProgress?) -> Void, reopen: @escaping @Sendable () -> Void
    ) {
        self.files = files
        self.data = data
        self.segmentSize = segmentSize
        self.credentials = credentials
        self.loop = loop
        self.logger = logger
        self.received = received
        self.progressed = progressed
        self.reopen = reopen
    }

    private var bound: NIOLoopBound<SnapshotWorker> { NIOLoopBound(self, eventLoop: loop) }

    /// Begins, or goes on; a new source is asked when the present connection ends.
    func fetch(from address: String, _ request: SnapshotRequest) {
        self.address = address
        let isRunning = self.request != nil
        self.request = request
        guard !isRunning else { return }
        isSealed = false
        let partial = files.partial().flatMap { $0.header.position.index >= request.minimum ? $0 : nil }
        transfer = SnapshotTransfer(partial: partial)
        progress = SnapshotProgress(
            peer: address, done: partial?.received ?? 0, total: partial?.header.totalSize ?? 0,
            now: ReplicationDriver.now)
        progressed(progress)
        logger.notice(
            "fetching a snapshot", metadata: ["from": "\(address)", "there already": "\(partial?.received ?? 0)"])
        if case .complete = transfer.state { return finish() }
        dial()
    }

    /// Drops everything.
    func abandon() {
        guard request != nil, !isDecided else { return }
        logger.notice("the snapshot is dropped: it is not needed any more, or this node's log does not go on from it")
        stop()
        request = nil
        progressed(nil)
        files.clear()
    }

    /// Ends the connection.
    func stop() {
        retry?.cancel()
        watch?.cancel()
        connection?.close()
        connection = nil
    }

    /// Makes the decision durable, and has the node opened anew, which installs the snapshot first.
    func install(replacesLog: Bool) {
        guard isSealed, !isDecided, case .complete(let header) = transfer.state else { return }
        do {
            isDecided = true
            try SnapshotInstallation(snapshot: header.snapshot, replacesLog: replacesLog).decide(in: data)
            reopen()
        } catch {
            isDecided = false
            // Nobody asks for it again: the machine has decided, and waits to be opened anew.
            logger.critical("the snapshot cannot be installed; trying again", metadata: ["reason": "\(error)"])
            retry = loop.scheduleTask(in: Self.redialDelay) { [bound] in
                bound.value.install(replacesLog: replacesLog)
            }
        }
    }

    // MARK: The connection

    private func dial() {
        guard let request, let target = HostAndPort(address) else { return }
        var asked = request
        asked.resume = transfer.resume
        lastHeard = ReplicationDriver.now
        let connection = IncomingSnapshot(owner: self)
        self.connection = connection
        connection.dial(credentials.options(to: target), asked, on: loop)
        watch?.cancel()
        watch = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [bound] _ in
            bound.value.lookAtTime()
        }
    }

    private func lookAtTime() {
        guard let connection, ReplicationDriver.now - lastHeard >= Self.silenceLimit else { return }
        ended(connection, "silent for too long")
    }

    func received(_ message: SnapshotMessage, on connection: IncomingSnapshot) {
        guard connection === self.connection else { return }
        lastHeard = ReplicationDriver.now
        do {
            switch transfer.received(message, group: request?.group) {
            case .none: break
            case .begin(let header): try files.begin(header)
            case .write(let offset, let bytes): try files.write(bytes, at: offset)
            case .giveUp(let reason): return ended(connection, reason)
            }
        } catch {
            // It counts as received only what is written: a full disk may have taken a part of it.
            transfer = SnapshotTransfer(partial: files.partial())
            return ended(connection, "it cannot be written: \(error)")
        }
        tell(message)
        if case .complete = transfer.state { finish() }
    }

    /// The connection is over; the rest is fetched on another.
    func ended(_ connection: IncomingSnapshot, _ reason: String) {
        guard connection === self.connection else { return }
        stop()
        // It is tried again every second: a reason that lasts is said once.
        logger.log(
            level: reason == lastReason ? .debug : .notice, "the snapshot's transfer was broken off; trying again",
            metadata: ["from": "\(address)", "reason": "\(reason)"])
        lastReason = reason
        retryLater()
    }

    private func retryLater() { retry = loop.scheduleTask(in: Self.redialDelay) { [bound] in bound.value.dial() } }

    private func tell(_ message: SnapshotMessage) {
        let now = ReplicationDriver.now
        switch (message, transfer.state) {
        case (.header, .receiving(let header, let received)):
            progress?.begin(at: received, of: header.totalSize, now: now)
        case (.preparing, .preparing(let done, let total)):
            progress?.begin(at: done, of: total, isPreparing: true, now: now)
        case (_, .receiving(_, let received)): progress?.advance(to: received, now: now)
        case (_, .complete(let header)): progress?.advance(to: header.totalSize, now: now)
        case (_, .preparing): break
        }
        progressed(progress)
        guard now - lastTold >= Self.tellInterval, let progress else { return }
        lastTold = now
        logger.info("fetching a snapshot", metadata: ["from": "\(address)", "progress": "\(progress)"])
    }

    // MARK: The end

    private func finish() {
        stop()
        guard case .complete(let header) = transfer.state else { return }
        do {
            guard let end = try files.seal(header, segmentSize: segmentSize) else {
                logger.error("the snapshot that was received is damaged; it is fetched anew")
                files.clear()
                transfer.wasDamaged()
                return retryLater()
            }
            isSealed = true
            logger.notice(
                "a snapshot was received",
                metadata: ["position": "\(header.position)", "bytes": "\(header.totalSize)"])
            received(header, end)
        } catch {
            logger.error("the snapshot cannot be used; it is fetched anew", metadata: ["reason": "\(error)"])
            files.clear()
            transfer.wasDamaged()
            retryLater()
        }
    }
}
