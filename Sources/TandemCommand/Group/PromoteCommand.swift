import ArgumentParser
import Foundation
import Tandem

/// `tandem promote`: makes a replica the primary, because the old one is gone.
struct PromoteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Make a replica the primary, because the primary is gone.",
        discussion: """
            Of the nodes named by --url the one with the most advanced log is promoted; name one, or all that are left. \
            Nothing is promoted while a primary lives, or while a member that cannot be reached may hold acknowledged \
            transactions that the new primary lacks. The other replicas follow by themselves; so does the old primary \
            when it comes back with its old command line: what nobody was told to be committed is cut off its log and \
            kept in a file.
            """)

    @Option(
        help: ArgumentHelp(
            "A node, as postgresql://HOST:PORT or HOST:PORT; may be said several times. (default: postgresql://127.0.0.1:7433)",
            valueName: "url"))
    var url: [String] = []

    @Flag(help: "Only ask whether, and which node, would be promoted; nothing is changed. Exit code 1 if none would.")
    var dryRun = false

    @Flag(
        help:
            "Promote although members are missing that may hold acknowledged transactions, which are lost then, and although a primary may live."
    )
    var acceptDataLoss = false

    @OptionGroup var login: LoginOptions

    func run() async throws {
        let login = try login.login()
        let reports = await survey(try addresses(), login)
        print(GroupReport.text(reports))
        let candidate = try chosen(from: reports)
        if candidate["role"] == "primary", candidate["state"] == "ready" {
            return print("\n\(candidate.address) is the primary already.")
        }
        if acceptDataLoss { print(await lossWords(of: candidate, reports, login)) }
        if !dryRun { print("\npromoting \(candidate.address) …") }
        let statement = "ALTER SYSTEM PROMOTE" + (dryRun ? " DRY" : "") + (acceptDataLoss ? " ACCEPT DATA LOSS" : "")
        try await NodeOperation.run(statement, on: candidate.address, login)
        if dryRun { return print("\n\(candidate.address) would be promoted.") }
        try await NodeOperation.awaitPrimary(at: candidate.address, login)
    }

    /// What is lost if the candidate is promoted as it is: what those members have alone that do not promise, because they
    /// do not answer or do not know all that they have acknowledged.
    private func lossWords(
        of candidate: NodeReport, _ reports: [NodeReport], _ login: NodeLogin
    ) async -> String {
        let members = candidate.members.filter { $0["member"] == "t" }
            .compactMap { $0["address"].flatMap { HostAndPort($0) } }
        let unknown = members.filter { member in !reports.contains { $0.address == member } }
        let all = reports + (await survey(unknown, login))
        let above = candidate.lastPosition.map { "record \($0.index) of epoch \($0.epoch.counter)" } ?? "nothing"
        let lines = members.compactMap { member -> String? in
            guard let report = all.first(where: { $0.address == member }) else { return nil }
            if report["role"] == "primary", report["state"] == "ready" {
                return "\n\(member) is the primary, and lives: it is deposed. 'tandem switch-over' hands over instead"
            }
            guard report["whole"] != "t" else { return nil }
            let reason = report.failure == nil ? "may lack what it acknowledged" : "does not answer"
            return "\n\(member) \(reason): what it alone has above \(above) is lost"
        }
        return lines.isEmpty ? "\nall other members answer: nothing is lost" : lines.joined()
    }

    private func addresses() throws -> [HostAndPort] {
        try (url.isEmpty ? ["postgresql://127.0.0.1:7433"] : url).map { text in
            guard let address = NodeURL.parse(text) else {
                throw ValidationError("--url: '\(text)' is not postgresql://HOST:PORT")
            }
            return address
        }
    }

    private func survey(_ addresses: [HostAndPort], _ login: NodeLogin) async -> [NodeReport] {
        await withTaskGroup(of: (Int, NodeReport).self) { group in
            for (place, address) in addresses.enumerated() {
                group.addTask { (place, await NodeReport(asking: address, login)) }
            }
            var reports: [(Int, NodeReport)] = []
            for await report in group { reports.append(report) }
            return reports.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// The node whose log is most advanced: by the epoch of its last record, then by its index.
    private func chosen(from reports: [NodeReport]) throws -> NodeReport {
        let candidates = reports.compactMap { report in
            report.lastPosition.map { (report: report, position: $0) }
        }
        let fit = candidates.filter { $0.report["whole"] == "t" && $0.report["role"] != "failed" }
        // Members before cascades. Of those that have the same: one whose database can be trusted, then one that has not much
        // to apply first.
        func rank(_ report: NodeReport) -> (member: Int, sound: Int, prompt: Int) {
            (
                report["cascade_of"] == nil ? 1 : 0,
                report["drift"] == nil && report["state"] != "failed" ? 1 : 0,
                report["delay_seconds"] == nil ? 1 : 0
            )
        }
        let best = fit.max { one, other in
            let (first, second) = (rank(one.report), rank(other.report))
            return (first.member, one.position, first.sound, first.prompt)
                < (second.member, other.position, second.sound, second.prompt)
        }
        guard let best else {
            NodeRunner.fail("none of these nodes can be promoted: none answers, is whole, and has a log")
        }
        return best.report
    }
}
