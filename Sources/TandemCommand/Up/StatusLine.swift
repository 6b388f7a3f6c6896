import Foundation

/// One line about both nodes that renews itself; where the output is no terminal, a new line whenever something changes.
final class StatusLine {
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    private var last = ""

    func show(_ primary: NodeReport, _ replica: NodeReport) {
        let text =
            "primary \(state(primary))   replica \(state(replica))   lag \(replica["lag_transactions"] ?? "-")\(waiting(primary))"
        guard text != last else { return }
        last = text
        write(isTerminal ? "\r\u{1B}[K\(text)" : "\(text)\n")
    }

    func end() {
        if isTerminal { write("\n") }
    }

    private func state(_ report: NodeReport) -> String {
        if report.failure != nil { return "not reached" }
        return
            "\(report["state"] ?? "-"), commit \(report["commit_index"] ?? "-"), applied \(report["applied_index"] ?? "-")"
    }

    private func waiting(_ primary: NodeReport) -> String {
        primary["waiting_for"].map { "   WAITS for \($0)" } ?? ""
    }

    private func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}
