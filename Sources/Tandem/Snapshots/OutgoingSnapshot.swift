import Foundation
import NIOConcurrencyHelpers
import NIOCore
import PostgresWire
import TandemLog
import TandemReplication

/// A connection on which another node fetches a snapshot: read and sent on a thread of its own.
final class OutgoingSnapshot: PostgresSession {
    private let channel: PostgresChannel
    private let isOver = NIOLockedValueBox(false)

    /// - Parameter request: what was asked for.
    init(_ request: SnapshotRequest, on channel: PostgresChannel, from library: SnapshotLibrary) {
        self.channel = channel
        var messages = BackendMessages()
        messages.copyBothResponse()
        channel.send(messages.take())
        let transfer = Transfer(request: request, channel: channel, library: library, isOver: isOver)
        Thread.start(named: "tandem-snapshot") { transfer.run() }
    }

    func received(_ message: FrontendMessage) {
        switch message {
        case .copyDone, .copyFail, .terminate:
            closed()
            channel.close()
        default: break
        }
    }

    func shutdownRequested() {
        closed()
        channel.close(.adminShutdown)
    }

    func closed() { isOver.withLockedValue { $0 = true } }
}

/// The thread's part.
private struct Transfer: Sendable {
    let request: SnapshotRequest
    let channel: PostgresChannel
    let library: SnapshotLibrary
    let isOver: NIOLockedValueBox<Bool>

    /// Whoever takes nothing for so long is given up.
    private static let patience = Duration.seconds(30)

    func run() {
        let number = UniqueID.random()
        defer {
            library.note(nil, of: number)
            channel.close()
        }
        var progress = SnapshotProgress(
            peer: channel.peerAddress.map { "\($0.ipAddress ?? "?")" } ?? "?", now: ReplicationDriver.now)
        do throws(TandemError) {
            let copy = try library.acquire(request) { done, total in
                progress.begin(at: done, of: total, isPreparing: true, now: ReplicationDriver.now)
                library.note(progress, of: number)
                return send(.preparing(done: done, total: total))
            }
            var isDone = false
            defer { library.release(isDone: isDone, taker: request.node) }
            isDone = try send(copy, &progress, number)
        } catch {
            _ = send(.refused(error.message))
        }
    }

    /// - Returns: whether everything was sent.
    private func send(_ copy: SnapshotLibrary.Copy, _ progress: inout SnapshotProgress, _ number: UniqueID)
        throws(TandemError) -> Bool
    {
        let header = copy.header
        let isKnown = request.resume?.snapshot == header.snapshot
        var offset = isKnown ? min(request.resume?.offset ?? 0, header.totalSize) : 0
        guard send(.header(header, offset: offset)) else { return false }
        progress.begin(at: offset, of: header.totalSize, now: ReplicationDriver.now)
        let chunkSize = library.chunkSize
        do throws(LogError) {
            let file = try SystemFileSystem().open(copy.path, .read)
            while offset < header.totalSize {
                let bytes = try file.bytes(
                    at: Int(offset), count: min(chunkSize, Int(header.totalSize - offset)))
                library.awaitTurn(for: bytes.count)
                guard !bytes.isEmpty, send(.chunk(offset: offset, bytes: bytes)) else { return false }
                offset += UInt64(bytes.count)
                progress.advance(to: offset, now: ReplicationDriver.now)
                library.note(progress, of: number)
            }
            return true
        } catch {
            throw TandemError(.unavailable, "the snapshot's copy cannot be read: \(error)")
        }
    }

    /// - Returns: whether the other side is still there, and takes more.
    private func send(_ message: SnapshotMessage) -> Bool {
        guard !isOver.withLockedValue({ $0 }), !library.isStopping else { return false }
        channel.send(.copyData(message.encode()))
        return channel.waitUntilWritable(timeout: Self.patience) == .writable
    }
}
