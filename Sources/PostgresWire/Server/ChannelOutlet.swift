import NIOCore

/// What an event loop writes to a channel of its own: the order of what goes through the channel, and past it.
///
/// ```
/// add ──▶ answers ── flush ──▶ socket, while the channel has passed everything on
///                        └───▶ channel ◀── write
/// ```
/// All of it belongs to the channel's event loop.
final class ChannelOutlet {
    let channel: any Channel
    /// Nil where the channel has something to do with what is written: it encrypts.
    private let socket: DirectSocket?
    /// What was added, and not flushed.
    private var answers = ByteBuffer()
    /// Whether something was written to the channel since it was last known to have passed everything on.
    private var isChannelUsed = false

    init(_ channel: any Channel, past socket: DirectSocket? = nil) {
        self.channel = channel
        self.socket = socket
    }

    /// How many bytes wait in this process until the client reads.
    var unsentByteCount: Int { answers.readableBytes + bytesInChannel }

    private var bytesInChannel: Int { (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }

    /// Adds a brief answer; ``flush()`` is to follow.
    func add(_ buffer: ByteBuffer) {
        guard socket != nil else { return channel.write(buffer, promise: nil) }
        if answers.readableBytes == 0 { answers = buffer } else { answers.writeImmutableBuffer(buffer) }
    }

    /// Sends what was added and written.
    func flush() {
        if answers.readableBytes > 0, let socket, !channelHasMore {
            socket.write(&answers)
            if answers.readableBytes == 0 { answers = ByteBuffer() }
        }
        if answers.readableBytes > 0 || socket == nil || isChannelUsed {
            giveAnswers()
            channel.flush()
        }
    }

    /// Writes behind all that was added; ``flush()`` is to follow.
    func write(_ buffer: ByteBuffer) {
        giveAnswers()
        isChannelUsed = true
        channel.write(buffer, promise: nil)
    }

    /// Writes and sends what is too long to wait for others.
    func writeAndFlush(_ buffer: ByteBuffer) {
        write(buffer)
        channel.flush()
    }

    /// Succeeds when everything is sent.
    func drained() -> EventLoopFuture<Void> {
        giveAnswers()
        return channel.writeAndFlush(ByteBuffer())
    }

    private func giveAnswers() {
        guard answers.readableBytes > 0 else { return }
        isChannelUsed = true
        channel.write(answers, promise: nil)
        answers = ByteBuffer()
    }

    /// Whether something stands in front of the answers.
    private var channelHasMore: Bool {
        guard isChannelUsed else { return false }
        isChannelUsed = bytesInChannel > 0
        return isChannelUsed
    }
}
