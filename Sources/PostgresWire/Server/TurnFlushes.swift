import NIOCore
import NIOPosix

/// Answers of one turn of an event loop that are flushed together at its end.
///
/// Where a loop serves many clients, each write to a socket may wake a client that takes the processor from the loop, and each
/// finds one answer. Written together, the loop is interrupted once, and the clients find all of them. A turn is what the
/// system has told the loop at once; tasks run behind it. A client that is alone on its loop has its answer at once.
final class TurnFlushes: @unchecked Sendable {
    // Each belongs to one thread, and is used by it alone.
    private static let current = ThreadSpecificVariable<TurnFlushes>()

    /// So many answers wait at most: those behind the first of them are being made meanwhile.
    private static let limit = 16

    private var channels: [any Channel] = []
    /// Room for the channels of the next turn.
    private var room: [any Channel] = []
    /// Whether what a client sent is being worked on.
    private var isReading = false
    /// From which connection came what was read last.
    private var lastRead: ObjectIdentifier?
    private let loop: NIOIsolatedEventLoop
    private let loopID: ObjectIdentifier

    init(_ loop: any EventLoop) {
        self.loop = loop.assumeIsolated()
        loopID = ObjectIdentifier(loop)
    }

    /// Those of `loop`, on which it has to be called.
    static func of(_ loop: any EventLoop) -> TurnFlushes {
        // A thread may have had another loop before, as that of a test has.
        if let current = current.currentValue, current.loopID == ObjectIdentifier(loop) { return current }
        let new = TurnFlushes(loop)
        current.currentValue = new
        return new
    }

    /// Runs `body`, which works on what has come from `channel`.
    ///
    /// Its answers are flushed at once if nobody else has sent anything since the last time: the end of the turn, a task more, is
    /// waited for with others in mind.
    func whileReading(_ channel: any Channel, _ body: () -> Void) {
        guard !isReading else { return body() }
        isReading = true
        let wereWaiting = !channels.isEmpty
        body()
        isReading = false
        let reader = ObjectIdentifier(channel)
        let isAlone = lastRead == reader
        lastRead = reader
        guard !channels.isEmpty, !wereWaiting else { return }
        if isAlone { flush() } else { flushLater() }
    }

    /// Has what is written to `channel` flushed at the end of the turn.
    func add(_ channel: any Channel) {
        channels.append(channel)
        if channels.count == Self.limit { return flush() }
        if channels.count == 1, !isReading { flushLater() }
    }

    private func flushLater() { loop.execute { self.flush() } }

    private func flush() {
        guard !channels.isEmpty else { return }
        var flushed = room
        room = []
        swap(&flushed, &channels)
        // What this sets off, as that there is room again, may be answered at once: those answers are of the next flush.
        for channel in flushed { channel.flush() }
        flushed.removeAll(keepingCapacity: true)
        room = flushed
    }
}
