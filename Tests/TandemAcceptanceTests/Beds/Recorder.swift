import NIOConcurrencyHelpers

/// Which connections a case used: `M1` is the first of the primary's that it used, `S2` the second of the replica's.
final class Recorder: Sendable {
    private struct State {
        var labels: [ObjectIdentifier: String] = [:]
        var counts: [String: Int] = [:]
        var last = "-"
    }

    private let state = NIOLockedValueBox(State())

    func caseBegan() { state.withLockedValue { $0 = State() } }

    /// A statement is sent on that connection.
    func used(_ connection: ObjectIdentifier, letter: String) {
        state.withLockedValue { state in
            if let label = state.labels[connection] {
                state.last = label
            } else {
                let number = (state.counts[letter] ?? 0) + 1
                state.counts[letter] = number
                state.last = "\(letter)\(number)"
                state.labels[connection] = state.last
            }
        }
    }

    /// The connection of the last statement, `-` for none since this was asked last.
    func takeLast() -> String {
        state.withLockedValue { state in
            defer { state.last = "-" }
            return state.last
        }
    }

    /// Whether any connection was used.
    var isUnused: Bool { state.withLockedValue { $0.labels.isEmpty } }
}
