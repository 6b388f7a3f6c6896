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

    private var outlets: [ChannelOutlet] = []
    /// Room for the outlets of the next turn.
    private var room: [ChannelOutlet] = []
    /// Whether what a client sent is being worked on.
    private var isReading = false
    /// From which connections came what was read.
    private(set) var senders = LoneSender.Loop()
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

    /// Runs `body`, which works on what has come from the channel of `outlet`.
    ///
    /// Its answers are flushed at once if nobody else has sent anything since the last time: the end of the turn, a task more, is
    /// waited for with others in mind.
    ///
    /// - Returns: Whether they were.
    func whileReading(_ outlet: ChannelOutlet, _ body: () -> Void) -> Bool {
        guard !isReading else {
            body()
            return false
        }
        isReading = true
        let wereWaiting = !outlets.isEmpty
        body()
        isReading = false
        let reader = ObjectIdentifier(outlet)
        let isAlone = senders.heard(reader)
        guard !outlets.isEmpty, !wereWaiting else { return false }
        if isAlone { flush() } else { flushLater() }
        return isAlone
    }

    /// Has what was added to `outlet` flushed at the end of the turn.
    func add(_ outlet: ChannelOutlet) {
        outlets.append(outlet)
        if outlets.count == Self.limit { return flush() }
        if outlets.count == 1, !isReading { flushLater() }
    }

    private func flushLater() { loop.execute { self.flush() } }

    private func flush() {
        guard !outlets.isEmpty else { return }
        var flushed = room
        room = []
        swap(&flushed, &outlets)
        // What this sets off, as that there is room again, may be answered at once: those answers are of the next flush.
        for outlet in flushed { outlet.flush() }
        flushed.removeAll(keepingCapacity: true)
        room = flushed
    }
}
