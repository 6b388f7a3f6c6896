import ArgumentParser
import Foundation
import NIOPosix
import PostgresWire
import Tandem

/// What a command has a node do for the group.
enum NodeOperation {
    /// For so long a new primary is watched until it takes writes.
    private static let patience = Duration.seconds(5)

    /// Where the primary of the group is that the node at `url` belongs to; ends the program where there is none.
    static func primary(of url: String, _ login: NodeLogin) async throws -> HostAndPort {
        guard let address = NodeURL.parse(url) else {
            throw ValidationError("--url: '\(url)' is not postgresql://HOST:PORT")
        }
        do {
            let reports = try await GroupReport.collect(from: address, login)
            if let primary = reports.first(where: { $0["role"] == "primary" }) { return primary.address }
        } catch {
            NodeRunner.fail("no node answers at \(address): \(error)")
        }
        NodeRunner.fail("no primary is known at \(address); if it is gone, use 'tandem promote'")
    }

    /// Runs one ALTER SYSTEM; ends the program with the node's reason where it refuses.
    static func run(_ statement: String, on address: HostAndPort, _ login: NodeLogin) async throws {
        do throws(PostgresError) {
            let connection = try await PostgresClientConnection.connect(
                login.options(to: address), on: MultiThreadedEventLoopGroup.singleton.next())
            defer { connection.close() }
            _ = try await connection.query(statement)
        } catch {
            NodeRunner.fail("\(address): \(error.message)")
        }
    }

    /// Says when the node takes writes, or what it still waits for.
    static func awaitPrimary(at address: HostAndPort, _ login: NodeLogin) async throws {
        let end = ContinuousClock.now + patience
        var report = await NodeReport(asking: address, login)
        while report["role"] != "primary" || report["state"] != "ready", ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(50))
            report = await NodeReport(asking: address, login)
        }
        guard report["role"] == "primary" else {
            NodeRunner.fail("\(address) is \(report["role"] ?? "not to be reached") after all; see 'tandem status'")
        }
        print("\(address) is the primary, in epoch \(report["epoch"].map { String($0.prefix { $0 != "@" }) } ?? "?").")
        if let waiting = report["waiting_for"] { print("It takes no writes yet: it waits for \(waiting)") }
    }
}
