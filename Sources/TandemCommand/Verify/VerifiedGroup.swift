import ArgumentParser
import PostgresWire
import Tandem

/// The nodes that are to be compared.
struct VerifiedGroup {
    private var reports: [NodeReport]
    private let login: NodeLogin

    /// Asks who there is.
    ///
    /// - Parameter url: one node, which names the others, or several with commas between them.
    static func find(_ url: String, _ login: NodeLogin) async throws -> VerifiedGroup {
        let addresses = try url.split(separator: ",").map { part in
            guard let address = NodeURL.parse(String(part)) else {
                throw ValidationError("--url: '\(part)' is not postgresql://HOST:PORT")
            }
            return address
        }
        guard let first = addresses.first else { throw ValidationError("--url: which node is to be asked?") }
        if addresses.count == 1 {
            return VerifiedGroup(reports: try await GroupReport.collect(from: first, login), login: login)
        }
        var reports: [NodeReport] = []
        for address in addresses { reports.append(await NodeReport(asking: address, login)) }
        return VerifiedGroup(reports: reports, login: login)
    }

    func verify(rate: UInt64?, checksPages: Bool, progress: VerifyProgress) async throws -> VerifyReport {
        let groups = Set(reports.compactMap { $0["group"] })
        guard groups.count < 2 else {
            throw VerifyFailure(
                description: "these nodes are of different groups: \(groups.sorted().joined(separator: ", "))")
        }
        var missing = reports.compactMap { report in
            absence(of: report).map { VerifyReport.Missing(node: report.address, reason: $0) }
        }
        var nodes: [VerifiedNode] = []
        var delayed: [VerifiedNode] = []
        defer { for node in nodes + delayed { node.close() } }
        for report in comparable {
            do {
                let node = try await VerifiedNode(report.address, login)
                guard try await Self.isShown(node, report) else {
                    node.close()
                    missing.append(VerifyReport.Missing(node: report.address, reason: Self.notShown))
                    continue
                }
                if Self.isDelayed(report) { delayed.append(node) } else { nodes.append(node) }
            } catch {
                missing.append(VerifyReport.Missing(node: report.address, reason: ErrorWords.text(error)))
            }
        }
        guard !nodes.isEmpty else {
            let delayed = delayed.map { (node: $0.address, reason: "it is delayed by choice") }
            let reasons = missing.map { (node: $0.node, reason: $0.reason) } + delayed
            throw VerifyFailure(description: reasons.map { "\($0.node): \($0.reason)" }.joined(separator: "; "))
        }
        let verifier = GroupVerifier(
            nodes, delayed: delayed, rate: rate, checksPages: checksPages, progress: progress.show)
        defer { progress.end() }
        try await verifier.run()
        var report = verifier.report
        report.missing += missing
        report.damages += knownDrift
        return report
    }

    /// The primary first: no replica can be asked for a state that the primary has not had. Those that know that they differ
    /// last: nobody is compared with them.
    private var comparable: [NodeReport] {
        let fit = reports.filter { absence(of: $0) == nil || $0["role"] == "primary" }
        let replicas = fit.filter { $0["role"] != "primary" }
        return fit.filter { $0["role"] == "primary" } + replicas.filter { $0["state"] != "drifted" }
            + replicas.filter { $0["state"] == "drifted" }
    }

    /// Whether a node's rows can be read: all but a replica's that has drifted, and shows nothing for that.
    private static func isShown(_ node: VerifiedNode, _ report: NodeReport) async throws -> Bool {
        guard report["state"] == "drifted", report["role"] != "primary" else { return true }
        return try await node.showsRows()
    }

    private static let notShown =
        "it has drifted and shows nothing; started with --on-drift report it shows its rows, and those that differ are named"

    /// Why a node cannot be compared; nil if it can.
    private func absence(of report: NodeReport) -> String? {
        if let failure = report.failure { return "it does not answer: \(failure)" }
        return report["state"] == "taking a snapshot" ? "it takes a snapshot" : nil
    }

    /// Whether its readers see an older state by choice: no other node can show that.
    private static func isDelayed(_ report: NodeReport) -> Bool {
        report["role"] == "replica" && report["delay_seconds"] != nil
    }

    /// What nodes say themselves.
    private var knownDrift: [VerifyReport.Damage] {
        reports.compactMap { report in
            report["drift"].map { VerifyReport.Damage(node: report.address, table: nil, message: $0) }
        }
    }
}
