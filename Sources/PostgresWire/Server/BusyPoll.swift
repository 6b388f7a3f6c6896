import NIOCore
import Synchronization
import TandemThreads

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Looks for a client's next statement for a moment before the event loop sleeps, as Linux' own busy polling does
/// (`net.core.busy_poll`): to wake a thread takes longer than several brief statements, most of all on a virtual machine.
///
/// It is for a client that has been alone for some statements (``LoneSender``), and whose statements follow each other
/// closely. Where they do not, fewer and fewer are looked for. Whoever else wants the processor gets it. One a connection,
/// used on its event loop.
struct BusyPoll {
    private let longest: Duration
    private let sender: LoneSender
    private let pace = AnswerPace()

    /// Nil for a time of zero, and where there is but one processor, which who is waited for needs.
    init?(for longest: Duration, _ sender: LoneSender = .ofProcess, processors: Int = System.coreCount) {
        guard longest > .zero, processors > 1 else { return nil }
        self.longest = longest
        self.sender = sender
    }

    /// Asks for the next statement of a client that has just been answered, until it is there; false if it does not come in
    /// time, or if somebody else has sent something.
    func wait(for client: ObjectIdentifier, until isThere: () -> Bool) -> Bool {
        guard sender.is(client), pace.expectsBrief() else { return false }
        let end = ContinuousClock.now + longest
        while !isThere() {
            guard sender.is(client) else { return false }
            guard .now < end else {
                pace.waited(inTime: false)
                return false
            }
            sched_yield()
        }
        pace.waited(inTime: true)
        return true
    }
}

/// Which client has a process for itself, if one has.
final class LoneSender: Sendable {
    static let ofProcess = LoneSender()

    /// For so many statements a client has been alone on its loop, and then in the process, before it counts as that.
    static let statements = 8

    /// The client that is alone on its loop and has sent something last, as a number; 0 where there are several.
    private let sender = Atomic<UInt>(0)

    /// Whether nobody else has sent anything since that client has.
    func `is`(_ client: ObjectIdentifier) -> Bool { sender.load(ordering: .relaxed) == UInt(bitPattern: client) }

    /// What one event loop has heard.
    struct Loop {
        private let process: LoneSender
        private var last: ObjectIdentifier?
        /// How many statements of the last client came in succession.
        private var count = 0
        /// How many of these were the process's only ones.
        private var countAlone = 0

        init(_ process: LoneSender = .ofProcess) { self.process = process }

        /// Whether the client that was heard last has the process for itself.
        var isAlone: Bool { countAlone >= LoneSender.statements }

        /// A client has sent something.
        ///
        /// - Returns: Whether it was the last one on this loop to do so.
        mutating func heard(_ client: ObjectIdentifier) -> Bool {
            guard last == client else {
                last = client
                (count, countAlone) = (0, 0)
                process.replace(with: 0)
                return false
            }
            count += 1
            if count >= LoneSender.statements {
                countAlone = process.is(client) ? countAlone + 1 : 0
                process.replace(with: UInt(bitPattern: client))
            }
            return true
        }
    }

    /// Where many send, none of them writes what all the processors read.
    private func replace(with new: UInt) {
        if sender.load(ordering: .relaxed) != new { sender.store(new, ordering: .relaxed) }
    }
}
