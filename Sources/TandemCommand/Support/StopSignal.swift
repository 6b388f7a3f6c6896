import Dispatch
import Foundation
import NIOConcurrencyHelpers

/// Notes SIGINT and SIGTERM from the moment it is made, and wakes who waits; a second one ends the process at once.
final class StopSignal: @unchecked Sendable {  // The sources are set in init; the state is behind a lock.
    private struct State {
        var hasCome = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = NIOLockedValueBox(State())
    private var sources: [any DispatchSourceSignal] = []

    init() {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [state] in
                state.withLockedValue { state in
                    if state.hasCome { _exit(128 + number) }
                    state.hasCome = true
                    state.waiter?.resume()
                    state.waiter = nil
                }
            }
            source.resume()
            sources.append(source)
        }
    }

    var hasCome: Bool { state.withLockedValue { $0.hasCome } }

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
}
