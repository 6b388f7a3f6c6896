import Dispatch
import Foundation
import NIOConcurrencyHelpers

/// Notes SIGINT, SIGTERM and SIGHUP (the terminal was closed) from the moment it is made, and wakes who waits; a second
/// SIGINT or SIGTERM ends the process at once.
///
/// Who has something to read again gets SIGHUP for that; it ends the process only if the terminal is gone. A terminal
/// that is closed stays ignored where SIGHUP was ignored when the process began: that is what `nohup` asks for.
final class StopSignal: @unchecked Sendable {  // The sources are set in init; the state is behind a lock.
    private struct State {
        var hasCome = false
        var waiter: CheckedContinuation<Void, Never>?
        /// What SIGHUP has read again.
        var reload: (@Sendable () -> Void)?
    }

    private let state = NIOLockedValueBox(State())
    private var sources: [any DispatchSourceSignal] = []

    /// - Parameter reloads: whether SIGHUP means to read something again; ``onReload(_:)`` says what.
    init(reloads: Bool = false) {
        let ignoresHangUp = Self.isIgnored(SIGHUP)
        let hasTerminal = Self.hasTerminal
        // The sources listen once the dispatcher has got to them: a signal before that would be lost.
        let registered = DispatchGroup()
        defer { registered.wait() }
        for number in [SIGINT, SIGTERM, SIGHUP] where number != SIGHUP || reloads || !ignoresHangUp {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [self] in
                if number == SIGHUP, reloads {
                    guard hasTerminal, !Self.hasTerminal else { return reload() }
                    if ignoresHangUp { return }
                }
                // The kernel and the shell both tell of a terminal that was closed.
                if !come(), number != SIGHUP { _exit(128 + number) }
            }
            registered.enter()
            source.setRegistrationHandler { registered.leave() }
            source.resume()
            sources.append(source)
        }
    }

    /// What SIGHUP has read again; before this is said it does nothing.
    func onReload(_ body: @escaping @Sendable () -> Void) { state.withLockedValue { $0.reload = body } }

    private func reload() { state.withLockedValue { $0.reload }?() }

    /// Whether the process belongs to a terminal that is there.
    private static var hasTerminal: Bool {
        let terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)
        if terminal >= 0 { close(terminal) }
        return terminal >= 0
    }

    var hasCome: Bool { state.withLockedValue { $0.hasCome } }

    /// What a signal does.
    ///
    /// - Returns: false if one had come before.
    @discardableResult func come() -> Bool {
        state.withLockedValue { state in
            if state.hasCome { return false }
            state.hasCome = true
            state.waiter?.resume()
            state.waiter = nil
            return true
        }
    }

    /// Comes, too, when standard input ends: it is a pipe of whoever started this process, and has gone with it,
    /// however that ended.
    func comeAtEndOfInput() {
        Thread.detachNewThread { [self] in
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count == 0 || count < 0 && errno != EINTR { break }
            }
            come()
        }
    }

    /// Waits until a signal comes.
    func wait() async {
        while !hasCome { await wait(atMost: .seconds(3600)) }
    }

    /// Waits until a signal comes, or for so long.
    func wait(atMost duration: Duration) async {
        let (seconds, attoseconds) = duration.components
        let delay = DispatchTimeInterval.nanoseconds(Int(seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
        await withCheckedContinuation { continuation in
            let isOver = state.withLockedValue { state in
                if !state.hasCome { state.waiter = continuation }
                return state.hasCome
            }
            if isOver { return continuation.resume() }
            DispatchQueue.global().asyncAfter(deadline: .now() + delay) { [state] in
                state.withLockedValue { state in
                    state.waiter?.resume()
                    state.waiter = nil
                }
            }
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
