import Foundation

/// A Tandem primary and its replica, or several, as processes of their own: the program `tandem` that was built beside
/// the tests, or the one that `TANDEM` names.
public final class TandemPair: Sendable {
    /// The one that was the primary at first.
    public let primary: TandemServer
    /// Those that were replicas at first.
    public let replicas: [TandemServer]
    private let program: String
    private let folder: TemporaryFolder

    private init(_ program: String, folder: TemporaryFolder, primary: TandemServer, replicas: [TandemServer]) {
        self.program = program
        self.folder = folder
        self.primary = primary
        self.replicas = replicas
    }

    /// The first of the replicas.
    public var replica: TandemServer { replicas[0] }

    /// The program; nil where there is none.
    public static var program: String? {
        if let path = ProcessInfo.processInfo.environment["TANDEM"] {
            return URL(fileURLWithPath: path).path
        }
        let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("tandem").path
        return FileManager.default.isExecutableFile(atPath: beside) ? beside : nil
    }

    /// Makes a pair whose commits wait for a replica, and returns when all are ready.
    ///
    /// - Parameters:
    ///   - replicaCount: how many replicas, at least one.
    ///   - options: what the primary is started with besides.
    public static func start(replicaCount: Int = 1, options: [String] = []) async throws -> TandemPair {
        guard let program else { throw TestServerError("there is no tandem program beside the tests; set TANDEM") }
        let folder = try TemporaryFolder()
        let primary = try TandemServer(program, name: "primary", folder: folder.path, primary: nil, options: options)
        let replicas = try (1...replicaCount).map {
            try TandemServer(program, name: "replica-\($0)", folder: folder.path, primary: primary.address)
        }
        let pair = TandemPair(program, folder: folder, primary: primary, replicas: replicas)
        do {
            for server in pair.servers { try server.launch() }
            for server in pair.servers { try await server.waitUntilReady() }
        } catch {
            let logs = pair.servers.map { "\($0.name):\n\($0.log)" }.joined(separator: "\n")
            await pair.stop()
            throw TestServerError("\(error)", log: logs)
        }
        return pair
    }

    private var servers: [TandemServer] { [primary] + replicas }

    /// The addresses of all, the primary's first.
    public var addresses: String { servers.map(\.address).joined(separator: ",") }

    /// Makes the replica that is furthest the primary, now that the primary is gone: `tandem promote`.
    public func promoteReplica() async throws {
        try await run(["promote"] + replicas.flatMap { ["--url", $0.address] })
    }

    /// Makes `server` the primary, as planned: `tandem switch-over`.
    public func switchOver(to server: TandemServer) async throws {
        try await run(["switch-over", "--to", server.address, "--url", primary.address])
    }

    private func run(_ arguments: [String]) async throws {
        try await ServerProcess.run(program, arguments, log: "\(folder.path)/\(arguments[0]).log")
    }

    /// Stops all and removes their data.
    public func stop() async {
        for server in servers.reversed() { try? await server.stop() }
        folder.remove()
    }
}
