import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The socket of a channel, read and written past the channel where nothing stands in between: no encryption, and nothing
/// that waits to be sent.
///
/// It spares a brief statement half of its way through the event loop. And where client and server share a processor, the
/// client that an answer wakes runs at once and has sent its next statement before `send` returns: it is read without asking
/// the selector, as PostgreSQL does. Errors and the connection's end are left for the channel to find.
///
/// All of it belongs to the channel's event loop.
struct DirectSocket {
    private let channel: any Channel
    private let descriptor: NIOBSDSocket.Handle

    /// Nil if the channel has no socket, or is closed.
    init?(of channel: any Channel) {
        let descriptor = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { $0 }
        guard let descriptor else { return nil }
        self.channel = channel
        self.descriptor = descriptor
    }

    /// Reads what has come, so many bytes at most; false if there is nothing.
    func read(into buffer: inout ByteBuffer, maximum: Int) -> Bool {
        // A closed channel's descriptor may be another connection's.
        guard channel.isActive else { return false }
        let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: maximum) { room in
            max(0, recv(descriptor, room.baseAddress, maximum, CInt(MSG_DONTWAIT)))
        }
        return count > 0
    }

    /// Whether there is something to read, or the connection's end to be found; it stays there.
    func hasNews() -> Bool {
        guard channel.isActive else { return false }
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, CInt(MSG_DONTWAIT | MSG_PEEK))
        return count >= 0 || errno != EAGAIN && errno != EWOULDBLOCK
    }

    /// Sends from the beginning of the bytes what the system takes at once, and reads it off them.
    func write(_ bytes: inout ByteBuffer) {
        guard channel.isActive else { return }
        bytes.readWithUnsafeReadableBytes { bytes in
            max(0, send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_DONTWAIT | MSG_NOSIGNAL)))
        }
    }
}
