import ArgumentParser
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
    private var transfer = SnapshotTransfer()
    private var checksum: UInt32 = 0

    private init(
        _ path: String, _ connection: PostgresClientConnection, _ ended: EventLoopPromise<SnapshotHeader>
    ) throws(LogError) {
        self.path = path
        self.connection = connection
        self.ended = ended
        file = try SystemFileSystem().open(path, .create)
    }

    /// Fetches what a node's database is now, or later; not a copy that the node has made for somebody else before.
    ///
    /// - Returns: what was received: a database, and behind it a segment of the log.
    /// - Throws: `ValidationError`, `PostgresError`, ``LogError``.
    static func run(from url: String, _ login: LoginOptions, to path: String) async throws -> SnapshotHeader {
        guard let address = NodeURL.parse(url) else {
            throw ValidationError("--url: '\(url)' is not postgresql://HOST:PORT")
        }
        let login = try login.login()
        let report = await NodeReport(asking: address, login)
        var options = login.options(to: address)
        options.parameters["replication"] = "true"
        let applied = report["applied_index"].flatMap { UInt64($0) } ?? 0
        return try await run(options, from: LogIndex(applied), to: path)
    }

    private static func run(
        _ options: PostgresClientOptions, from minimum: LogIndex, to path: String
    ) async throws -> SnapshotHeader {
        let group = MultiThreadedEventLoopGroup.singleton
        let connection = try await PostgresClientConnection.connect(options, on: group.next())
        defer { connection.close() }
        let loop = connection.eventLoop
        let ended = loop.makePromise(of: SnapshotHeader.self)
        loop.execute {
            do {
                let download = try BackupDownload(path, connection, ended)
                let request = SnapshotRequest(group: nil, node: .random(), minimum: minimum)
                connection.startCopyBoth(ReplicationCommand.snapshot(request).text, stream: download)
                    .whenFailure { ended.fail($0) }
            } catch {
                ended.fail(error)
            }
        }
        return try await ended.futureResult.get()
    }

    func received(_ payload: ByteBuffer) {
        do {
            let message = try payload.withUnsafeReadableBytes { try SnapshotMessage(decoding: $0) }
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
