import Foundation

/// One line about both nodes that renews itself; where the output is no terminal, a new line whenever something changes.
final class StatusLine {
    private let write: (String) -> Void
    /// The terminal's columns, which may change; nil where there is none.
    private let width: () -> Int?
    private var last = ""

    init(
        width: @escaping () -> Int? = { StandardOutput.width },
        write: @escaping (String) -> Void = StandardOutput.write
    ) {
        self.width = width
        self.write = write
    }

    func show(_ primary: NodeReport, _ replica: NodeReport) {
        show("primary \(state(primary))   replica \(state(replica))\(waiting(primary, replica))")
    }

    /// Shows a line in the place of the one before, cut where it would not fit: what has been wrapped cannot be renewed.
    func show(_ text: String) {
        let width = width()
        let line = width.map { text.count < $0 ? text : text.prefix(max(0, $0 - 2)) + "…" } ?? text
        guard line != last else { return }
        last = line
        write(width == nil ? "\(line)\n" : "\r\u{1B}[K\(line)")
    }

    /// Leaves the line as it is.
    func end() {
        if width() != nil, !last.isEmpty { write("\n") }
        last = ""
    }

    private func state(_ report: NodeReport) -> String {
        if let failure = report.failure { return "not reached (\(failure))" }
        let state = report["state"] ?? "-"
        if report["role"] == "replica" {
            return "\(state), applied \(report["applied_index"] ?? "-"), lag \(report["lag_transactions"] ?? "-")"
        }
        return "\(state), commit \(report["commit_index"] ?? "-")"
    }

    private func waiting(_ reports: NodeReport...) -> String {
        reports.lazy.compactMap { report in
            report["waiting_for"].map { "   \(report["role"] ?? "it") WAITS for \($0)" }
        }.first ?? ""
    }
}
