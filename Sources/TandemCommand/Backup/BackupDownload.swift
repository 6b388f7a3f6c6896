import ArgumentParser
import Foundation
import NIOCore
import NIOPosix
import PostgresWire
import Tandem
import TandemLog
import TandemReplication

/// Receives a snapshot into a file, on one connection.
final class BackupDownload: PostgresCopyStream {
    private let file: any File
    private let path: String
    private let ended: EventLoopPromise<SnapshotHeader>
    private let connection: PostgresClientConnection
    private let patience: CopyPatience
    private var transfer = SnapshotTransfer()
    private var checksum: UInt32 = 0
    private var lastHeard = ContinuousClock.now
    /// Since when an older copy has been waited for; nil if none is.
    private var waitingSince: ContinuousClock.Instant?
    private var hasSaidWaiting = false

    private init(
        _ path: String, _ connection: PostgresClientConnection, _ ended: EventLoopPromise<SnapshotHeader>,
        _ patience: CopyPatience
    ) throws(LogError) {
        self.path = path
        self.connection = connection
        self.patience = patience
        self.ended = ended
        file = try SystemFileSystem().open(path, .create)
    }

    /// Fetches what a node's database is now, or later; not a copy that the node has made for somebody else before.
    ///
    /// - Returns: what was received: a database, and behind it a segment of the log.
    /// - Throws: `ValidationError`, `PostgresError`, ``LogError``.
    static func run(
        from url: String, _ login: LoginOptions, _ patience: CopyPatience, to path: String
    ) async throws -> SnapshotHeader {
        guard let address = NodeURL.parse(url) else {
            throw ValidationError("--url: '\(url)' is not postgresql://HOST:PORT")
        }
        let login = try login.login()
        let report = await NodeReport(asking: address, login)
        var options = login.options(to: address)
        options.parameters["replication"] = "true"
        let applied = report["applied_index"].flatMap { UInt64($0) } ?? 0
        return try await run(options, from: LogIndex(applied), patience, to: path)
    }

    private static func run(
        _ options: PostgresClientOptions, from minimum: LogIndex, _ patience: CopyPatience, to path: String
    ) async throws -> SnapshotHeader {
        let group = MultiThreadedEventLoopGroup.singleton
        let connection = try await PostgresClientConnection.connect(options, on: group.next())
        defer { connection.close() }
        let loop = connection.eventLoop
        let ended = loop.makePromise(of: SnapshotHeader.self)
        loop.execute {
            do {
                let download = try BackupDownload(path, connection, ended, patience)
                download.watch(on: loop)
                let request = SnapshotRequest(group: nil, node: .random(), minimum: minimum)
                connection.startCopyBoth(ReplicationCommand.snapshot(request).text, stream: download)
                    .whenFailure { ended.fail($0) }
            } catch {
                ended.fail(error)
            }
        }
        return try await ended.futureResult.get()
    }

    /// Ends the download of a node that says nothing any more.
    private func watch(on loop: any EventLoop) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let watching = loop.scheduleRepeatedTask(initialDelay: .milliseconds(500), delay: .milliseconds(500)) { _ in
            let download = bound.value
            guard download.lastHeard.duration(to: .now) >= download.patience.silence else { return }
            download.fail("the node has said nothing for \(download.patience.silenceText) (--timeout)")
        }
        ended.futureResult.whenComplete { _ in watching.cancel() }
    }

    /// One copy at a time is made and sent by a node: an older one may have to be waited for.
    private func noteWaiting(_ isWaiting: Bool) {
        guard isWaiting else {
            waitingSince = nil
            return
        }
        let since = waitingSince ?? .now
        waitingSince = since
        let waited = since.duration(to: .now)
        if waited >= patience.wait {
            return fail(
                "the node is sending an older copy to somebody else; it was waited for \(patience.waitText) (--wait)")
        }
        // Where a copy is about to be made it says so for a moment, too.
        guard waited >= .seconds(2), !hasSaidWaiting else { return }
        hasSaidWaiting = true
        let words =
            "the node is sending an older copy to somebody else; waiting for that, \(patience.waitText) at most\n"
        FileHandle.standardError.write(Data(words.utf8))
    }

    func received(_ payload: ByteBuffer) {
        lastHeard = .now
        do {
            let message = try payload.withUnsafeReadableBytes { try SnapshotMessage(decoding: $0) }
            noteWaiting(message == .preparing(done: 0, total: 0))
            switch transfer.received(message, group: nil) {
            case .none, .begin: break
            case .write(let offset, let bytes):
                checksum = bytes.withUnsafeBytes { Checksum.crc32c($0, continuing: checksum) }
                try file.write(bytes, at: Int(offset))
            case .giveUp(let reason): return fail(reason)
            }
        } catch {
            return fail(String(describing: error))
        }
        guard case .complete(let header) = transfer.state else { return }
        guard checksum == header.checksum else { return fail("what was received does not have its checksum") }
        ended.succeed(header)
    }

    private func fail(_ reason: String) {
        ended.fail(PostgresError(code: .connectionFailure, message: reason))
        connection.close()
    }

    func ended(_ error: PostgresError?) { fail(error?.message ?? "the node ended the connection") }
}
