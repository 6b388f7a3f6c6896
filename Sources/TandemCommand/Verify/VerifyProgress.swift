import Foundation

/// Says on standard error how far a comparison is: on a terminal in one line that renews itself, elsewhere not, or in a line
/// a second.
final class VerifyProgress {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let isWanted: Bool
    private var last: ContinuousClock.Instant?

    init(isWanted: Bool) { self.isWanted = isWanted }

    func show(_ text: String) {
        guard isTerminal || isWanted else { return }
        let now = ContinuousClock.now
        if let last, last.duration(to: now) < (isTerminal ? .milliseconds(100) : .seconds(1)) { return }
        last = now
        write(isTerminal ? "\r\u{1B}[K\(text)" : "\(text)\n")
    }

    func end() {
        if isTerminal, last != nil { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
