import Foundation

/// A Tandem primary and its replica as processes of their own: the program `tandem` that was built beside the tests,
/// or the one that `TANDEM` names.
public final class TandemPair: Sendable {
    public let primary: TandemServer
    public let replica: TandemServer
    private let folder: TemporaryFolder

    private init(folder: TemporaryFolder, primary: TandemServer, replica: TandemServer) {
        self.folder = folder
        self.primary = primary
        self.replica = replica
    }

    /// The program; nil where there is none.
    public static var program: String? {
        if let path = ProcessInfo.processInfo.environment["TANDEM"] {
            return URL(fileURLWithPath: path).path
        }
        let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("tandem").path
        return FileManager.default.isExecutableFile(atPath: beside) ? beside : nil
    }

    /// Makes a pair whose commits wait for the replica, and returns when both are ready.
    public static func start() async throws -> TandemPair {
        guard let program else { throw TestServerError("there is no tandem program beside the tests; set TANDEM") }
        let folder = try TemporaryFolder()
        let primary = try TandemServer(program, name: "primary", folder: folder.path, primary: nil)
        let replica = try TandemServer(program, name: "replica", folder: folder.path, primary: primary.address)
        let pair = TandemPair(folder: folder, primary: primary, replica: replica)
        do {
            try primary.launch()
            try replica.launch()
            try await primary.waitUntilReady()
            try await replica.waitUntilReady()
        } catch {
            await pair.stop()
            throw TestServerError("\(error)", log: "primary:\n\(primary.log)\nreplica:\n\(replica.log)")
        }
        return pair
    }

    /// Stops both and removes their data.
    public func stop() async {
        try? await replica.stop()
        try? await primary.stop()
        folder.remove()
    }
}
