import ArgumentParser
import Foundation
import Tandem

/// `tandem member`: who belongs to a group.
struct MemberCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "member", abstract: "Change who belongs to a group.",
        discussion: "Replicas join by themselves once they are level; 'tandem status' shows who belongs to the group.",
        subcommands: [Remove.self])

    /// `tandem member remove`: takes out one that does not come back.
    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Take a member that does not come back out of its group.",
            discussion: """
                As long as it is a member it counts: for 'majority' and 'all', and for who must be asked in a promotion. \
                Stop it first; a replica that runs is added again. Of several nodes with one address, which there are where \
                a replica's disk was replaced, the one that is not connected is meant.
                """)

        @Argument(help: "The member: HOST:PORT, as 'tandem status' shows it, or its identity.")
        var member: String

        @Option(help: "The primary, or any other node of the group, as postgresql://HOST:PORT or HOST:PORT.")
        var url = "postgresql://127.0.0.1:7432"

        @Flag(
            help:
                "Remove it although those who would have to agree are missing. What it alone had is lost, and is cut off should it come back."
        )
        var acceptDataLoss = false

        @OptionGroup var login: LoginOptions

        func run() async throws {
            let login = try login.login()
            let isIdentity = UUID(uuidString: member) != nil
            let name = isIdentity ? member.lowercased() : NodeURL.parse(member).map { "\($0)" } ?? member
            guard !name.contains("'") else { throw ValidationError("'\(member)' is neither HOST:PORT nor an identity") }
            let primary = try await NodeOperation.primary(of: url, login)
            let end = acceptDataLoss ? " ACCEPT DATA LOSS" : ""
            let gone = await Self.gone(name, at: primary, login)
            try await NodeOperation.run("ALTER SYSTEM REMOVE MEMBER '\(gone ?? name)'\(end)", on: primary, login)
            print("\(gone.map { "Node \($0), which was at \(name)," } ?? name) is no member any more.")
        }

        /// The identity of the member that is not connected, where other nodes have its address, too: a disk was replaced.
        private static func gone(_ name: String, at primary: HostAndPort, _ login: NodeLogin) async -> String? {
            let named = await NodeReport(asking: primary, login).members.filter { $0["address"] == name }
            let gone = named.filter { $0["member"] == "t" && $0["connected"] == "f" }
            return named.count > 1 && gone.count == 1 ? gone.first?["node"] : nil
        }
    }
}
