import Foundation
import Tandem

/// What the nodes of a group said.
enum GroupReport {
    /// Asks a node, then those it names; the primary first.
    ///
    /// - Throws: ``NoAnswer`` if the first does not answer.
    static func collect(from address: HostAndPort, _ login: NodeLogin) async throws -> [NodeReport] {
        let first = await NodeReport(asking: address, login)
        if let failure = first.failure { throw NoAnswer(description: failure) }
        var asked = [address]
        var reports = [first]
        for place in 0..<2 {
            // The members a replica knows may be out of date: its primary knows better.
            let source = place == 0 ? first : reports.first { $0["role"] == "primary" } ?? first
            let named =
                source.members.compactMap { $0["address"].flatMap { HostAndPort($0) } }
                + [source["primary"].flatMap { HostAndPort($0) }].compactMap { $0 }
            for other in named where !asked.contains(other) {
                asked.append(other)
                reports.append(await NodeReport(asking: other, login))
            }
        }
        // Of a cascade only that node knows which relays to it, and that may be a cascade as well.
        var place = 0
        while place < reports.count {
            for other in reports[place].cascades where !asked.contains(other) {
                asked.append(other)
                reports.append(await NodeReport(asking: other, login))
            }
            place += 1
        }
        // A node may be known under several addresses, 0.0.0.0 or another name of this machine.
        var seen: Set<String> = []
        reports.removeAll { report in report["node"].map { !seen.insert($0).inserted } ?? false }
        return reports.sorted { ($0["role"] == "primary" ? 0 : 1) < ($1["role"] == "primary" ? 0 : 1) }
    }

    struct NoAnswer: Error, CustomStringConvertible {
        let description: String
    }

    static func json(_ reports: [NodeReport]) throws -> String {
        let object: [String: Any] = ["nodes": reports.map(\.object)]
        let data = try JSONSerialization.data(
            withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }

    static func text(_ reports: [NodeReport]) -> String {
        var lines: [String] = []
        if let group = reports.lazy.compactMap({ $0["group"] }).first { lines.append("group \(group)") }
        lines.append("")
        let head = ["node", "role", "state", "epoch", "commit", "flushed", "applied", "lag", "seconds", "acks"]
        let rows = reports.map { report in
            report.failure.map { [report.address.description, "-", "unreachable: \($0)"] } ?? row(report)
        }
        lines += table([head] + rows)
        for report in reports {
            if let waiting = report["waiting_for"] {
                lines.append("\n\(report.address) waits for \(waiting)\(waitingTransactions(report))")
            }
            if report["role"] == "replica", let delay = report["delay_seconds"] {
                lines.append("\n\(report.address) is delayed by choice: it applies what was committed \(delay) s ago")
            }
            if let upstream = report["cascade_of"] {
                lines.append(
                    "\n\(report.address) is a cascade of \(upstream): it counts for no acknowledgement and cannot be promoted"
                )
            }
            if let degraded = report["degraded_seconds"] {
                lines.append(
                    "\n\(report.address) has been DEGRADED for \(degraded) s: commits return without the acknowledgements asked for"
                )
            }
            if let problem = report["archive_problem"] {
                lines.append("\n\(report.address) cannot archive its log: \(problem)")
            }
            if let problem = report["problem"] { lines.append("\n\(report.address) has a problem: \(problem)") }
        }
        return lines.joined(separator: "\n")
    }

    private static func waitingTransactions(_ report: NodeReport) -> String {
        guard let count = report["waiting_transactions"].flatMap({ Int($0) }), count > 0 else { return "" }
        return "\n  meanwhile \(count) transaction\(count == 1 ? " waits" : "s wait")"
    }

    private static func row(_ report: NodeReport) -> [String] {
        let epoch = report["epoch"].map { String($0.prefix { $0 != "@" }) } ?? "-"
        let isPrimary = report["role"] == "primary"
        let role = report["cascade_of"] == nil ? report["role"] ?? "-" : "cascade"
        let acknowledgements =
            isPrimary
            ? "\(report["acknowledgements_present"] ?? "-") of \(report["acknowledgements_required"] ?? "-")" : ""
        return [
            report.address.description, role, report["state"] ?? "-", epoch,
            report["commit_index"] ?? "-", report["flushed_index"] ?? "-", report["applied_index"] ?? "-",
            report["lag_transactions"] ?? "-", report["lag_seconds"] ?? "-", acknowledgements,
        ]
    }

    private static func table(_ rows: [[String]]) -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.filter { $0.count > 3 || column < 2 }.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { column, text in
                text + String(repeating: " ", count: max(0, widths[column] - text.count))
            }.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
        }
    }
}
