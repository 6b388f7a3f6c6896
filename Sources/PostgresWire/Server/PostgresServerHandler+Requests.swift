import NIOCore
import NIOTLS

// What the channel's handle asks for.
extension PostgresServerHandler {
    func cancelRequested() {
        if case .running(let session) = phase { session.cancelRequested() }
    }

    func terminationRequested(_ reason: PostgresError) {
        if case .running(let session) = phase { session.terminationRequested(reason) }
    }

    func shutdownRequested() {
        switch phase {
        case .startup: perform(startup.errorReceived(.shuttingDown))
        case .running(let session): session.shutdownRequested()
        case .detaching, .closing, .closed: break
        }
    }

    /// Sends the last words, if any, and closes; the session waits for `closed()`.
    func close(sending error: PostgresError?) {
        guard let channel else { return }
        environment.registry.startupEnded(channel)
        switch phase {
        case .startup: phase = .closing(nil)
        case .running(let session): phase = .closing(session)
        case .detaching, .closing, .closed: return
        }
        timeout?.cancel()
        let writer = handle?.writer ?? ChannelWriter(channel, highWaterMark: .max)
        if let error {
            var messages = BackendMessages()
            messages.errorResponse(error)
            writer.send(messages.take())
        }
        writer.closeWhenFlushed()
    }

    func pauseReading() {
        guard !isPaused else { return }
        isPaused = true
        setAutoRead(false)
    }

    func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        process()
        if !isProcessing { readCompleted() }
        // The session may have paused again at the first of the messages that were waiting.
        if !isPaused { setAutoRead(true) }
    }

    private func setAutoRead(_ value: Bool) {
        // It fails only for a channel that is closed, where nothing is read any more.
        try? channel?.syncOptions?.setOption(.autoRead, value: value)
    }

    // MARK: Detaching

    /// From now on messages are kept for another handler. False if the session is not running.
    func beginDetaching() -> Bool {
        guard case .running = phase else { return false }
        phase = .detaching
        setAutoRead(false)
        return true
    }

    /// The socket belongs to another channel now.
    ///
    /// - Returns: The bytes that were read and belong to no message yet.
    func detached() -> ByteBuffer {
        phase = .closed
        forgetLongMessage()
        handle?.writer.closed()
        handle = nil
        outlet = nil
        socket = nil
        channel = nil
        return decoder.takeBufferedBytes()
    }
}
