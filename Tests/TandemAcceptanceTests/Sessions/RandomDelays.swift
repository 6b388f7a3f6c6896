import NIOConcurrencyHelpers

@testable import TandemTransactions

/// Delays between 0 and 500 ms, a new one every 100 to 300 ms: a replica falls behind and catches up, again and
/// again. Half of them are short, so that it is worth waiting for it now and then.
final class RandomDelays: Sendable {
    private struct State {
        var random: SplitMix64
        var current = Duration.zero
        var until = ContinuousClock.now
    }

    private let state: NIOLockedValueBox<State>

    init(seed: UInt64) { state = NIOLockedValueBox(State(random: SplitMix64(seed: seed))) }

    func next() -> Duration {
        state.withLockedValue { state in
            if state.until <= .now {
                state.until = .now + .milliseconds(Int.random(in: 100...300, using: &state.random))
                let isShort = Bool.random(using: &state.random)
                state.current = .milliseconds(Int.random(in: 0...(isShort ? 10 : 500), using: &state.random))
            }
            return state.current
        }
    }
}
