import Dispatch
import NIOConcurrencyHelpers
import NIOCore
import Synchronization

/// The way out of a channel, for any thread.
///
/// It counts the bytes that other threads handed over and the event loop has not written yet, because the channel's
/// own water marks do not know of them.
final class ChannelWriter: Sendable {
    private struct State {
        /// Bytes handed over by other threads and not yet given to the channel.
        var handedOver = 0
        /// What the channel said last.
        var channelIsWritable = true
        var isClosed = false
        var waiters: [DispatchSemaphore] = []

        func isWritable(_ highWaterMark: Int) -> Bool {
            !isClosed && channelIsWritable && handedOver < highWaterMark
        }
    }

    /// Answers of so many bytes may wait for others of their turn.
    private static let brief = 4096

    let channel: any Channel
    private let outlet: NIOLoopBound<ChannelOutlet>
    private let highWaterMark: Int
    private let state = NIOLockedValueBox(State())
    /// What `state` says of it, for those who ask often.
    private let mayWrite = Atomic(true)
    /// Those of its loop.
    let flushes: TurnFlushes

    /// To be called on the event loop.
    convenience init(_ channel: any Channel, highWaterMark: Int) {
        self.init(ChannelOutlet(channel), highWaterMark: highWaterMark)
    }

    /// To be called on the event loop.
    init(_ outlet: ChannelOutlet, highWaterMark: Int) {
        channel = outlet.channel
        self.outlet = NIOLoopBound(outlet, eventLoop: channel.eventLoop)
        self.highWaterMark = highWaterMark
        flushes = TurnFlushes.of(channel.eventLoop)
    }

    var eventLoop: any EventLoop { channel.eventLoop }

    var isWritable: Bool { mayWrite.load(ordering: .relaxed) }

    /// Writes and flushes. After the end it does nothing.
    func send(_ buffer: ByteBuffer) {
        if eventLoop.inEventLoop {
            let outlet = outlet.value
            guard buffer.readableBytes <= Self.brief else { return outlet.writeAndFlush(buffer) }
            outlet.add(buffer)
            flushes.add(outlet)
        } else {
            handOver(buffer.readableBytes)
            eventLoop.execute { self.write(handedOver: buffer) }
        }
    }

    /// Writes several buffers one behind the other with one flush.
    func send(_ buffers: [ByteBuffer]) {
        if eventLoop.inEventLoop {
            writeAll(buffers)
        } else {
            let length = buffers.reduce(0) { $0 + $1.readableBytes }
            handOver(length)
            eventLoop.execute {
                self.writeAll(buffers)
                self.written(length)
            }
        }
    }

    private func writeAll(_ buffers: [ByteBuffer]) {
        let outlet = outlet.value
        for buffer in buffers { outlet.write(buffer) }
        outlet.flush()
    }

    /// Counts bytes that will be given to the channel by ``write(handedOver:)``.
    func handOver(_ length: Int) { change { $0.handedOver += length } }

    /// On the event loop: writes and flushes what ``handOver(_:)`` counted.
    func write(handedOver buffer: ByteBuffer) {
        let outlet = outlet.value
        outlet.add(buffer)
        outlet.flush()
        written(buffer.readableBytes)
    }

    private func written(_ length: Int) {
        let isWritable = channel.isWritable
        var hasRoomAgain = false
        wake { state in
            let wasFull = state.handedOver >= highWaterMark
            state.handedOver -= length
            state.channelIsWritable = isWritable
            hasRoomAgain = wasFull && state.isWritable(highWaterMark)
        }
        // Whoever was refused for what was on its way here waits to be told; the channel itself, which may have passed
        // everything on at once, has noticed nothing.
        if hasRoomAgain { channel.pipeline.fireChannelWritabilityChanged() }
    }

    /// The channel's writability changed.
    func writabilityChanged(_ isWritable: Bool) { wake { $0.channelIsWritable = isWritable } }

    /// The channel is closed: waiting threads learn of it.
    func closed() { wake { $0.isClosed = true } }

    private func change<Result>(_ change: (inout State) -> Result) -> Result {
        state.withLockedValue { state in
            defer { mayWrite.store(state.isWritable(highWaterMark), ordering: .relaxed) }
            return change(&state)
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiters = self.change { state -> [DispatchSemaphore] in
            change(&state)
            guard !state.waiters.isEmpty, state.isClosed || state.isWritable(highWaterMark) else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.signal() }
    }

    /// Blocks the calling thread, which must not be an event loop, until there is room, the channel is closed, or
    /// the time is over.
    func waitUntilWritable(timeout: Duration) -> Writability {
        precondition(!eventLoop.inEventLoop, "an event loop must not wait for itself")
        let deadline = DispatchTime.now() + .nanoseconds(Int(clamping: timeout.nanoseconds))
        while true {
            let semaphore = DispatchSemaphore(value: 0)
            let known = state.withLockedValue { state -> Writability? in
                if state.isClosed { return .closed }
                if state.isWritable(highWaterMark) { return .writable }
                state.waiters.append(semaphore)
                return nil
            }
            if let known { return known }
            if semaphore.wait(timeout: deadline) == .timedOut {
                state.withLockedValue { $0.waiters.removeAll { $0 === semaphore } }
                return .timedOut
            }
        }
    }

    /// On the event loop: how many bytes wait in this process until the peer reads, those on their way to the loop aside.
    var unsentByteCount: Int { outlet.value.unsentByteCount }

    /// On the event loop: succeeds when all that was written is sent.
    func drained() -> EventLoopFuture<Void> { outlet.value.drained() }

    /// On the event loop: closes when all that was written is sent, or after `timeout` if the peer does not read.
    func closeWhenFlushed(timeout: TimeAmount = .seconds(5)) {
        let channel = channel
        let late = eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
        drained().whenComplete { _ in channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in late.cancel() }
    }
}

/// Whether a channel takes more.
public enum Writability: Hashable, Sendable {
    case writable
    /// The time to wait was over first.
    case timedOut
    /// It never will: the connection is closed.
    case closed
}

extension Duration {
    /// Rounded down, and clamped to what 64 bits hold.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, overflowAgain) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflowAgain ? .max : sum
    }
}
