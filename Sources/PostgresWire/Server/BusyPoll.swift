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
/// It is for a client that has been alone for some statements, in this process, and whose statements follow each other
/// closely. Where they do not, fewer and fewer are looked for. Whoever else wants the processor gets it. One a connection,
/// used on its event loop.
struct BusyPoll {
    /// The client that is alone on its loop and has sent something last, as a number; 0 where there are several.
    private static let sender = Atomic<UInt>(0)
    /// For so many statements a client has been alone on its loop, and then in the process.
    private static let statementsAlone = 8
    /// Who sleeps is not woken any sooner where there is but one processor.
    private static let isOfUse = System.coreCount > 1

    private let longest: Duration
    private let pace = AnswerPace()

    /// Nil for a time of zero, and where it is of no use.
    init?(for longest: Duration) {
        guard longest > .zero, Self.isOfUse else { return nil }
        self.longest = longest
    }

    /// What an event loop knows of who sends.
    struct Senders {
        /// The client that was heard last on this loop, and how many of its statements in succession.
        private var last: ObjectIdentifier?
        private var count = 0
        /// How many of these were the process's only ones.
        private var countAlone = 0

        /// A client has sent something.
        ///
        /// - Returns: Whether it was the last one on this loop to do so.
        mutating func heard(_ client: ObjectIdentifier) -> Bool {
            guard last == client else {
                last = client
                (count, countAlone) = (0, 0)
                // Where many send, none of them writes what all the processors read.
                if BusyPoll.sender.load(ordering: .relaxed) != 0 { BusyPoll.sender.store(0, ordering: .relaxed) }
                return false
            }
            count += 1
            guard count >= BusyPoll.statementsAlone else { return true }
            let sender = UInt(bitPattern: client)
            let wasAlone = BusyPoll.sender.load(ordering: .relaxed) == sender
            countAlone = wasAlone ? countAlone + 1 : 0
            if !wasAlone { BusyPoll.sender.store(sender, ordering: .relaxed) }
            return true
        }

        /// Whether the client that was heard last has the process for itself.
        var isAlone: Bool { countAlone >= BusyPoll.statementsAlone }
    }

    /// Asks for the next statement of a client that has just been answered and has the process for itself, until it is there;
    /// false if it does not come in time, or if somebody else has sent something.
    func wait(for client: ObjectIdentifier, until isThere: () -> Bool) -> Bool {
        guard pace.expectsBrief() else { return false }
        let sender = UInt(bitPattern: client)
        let end = ContinuousClock.now + longest
        while !isThere() {
            guard Self.sender.load(ordering: .relaxed) == sender else { return false }
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
