import Foundation
import Glibc
import NIOConcurrencyHelpers

/// A Tandem node of the tests' own: its data folder, which outlives it, and its process.
public final class TandemServer: Sendable {
    public let name: String
    public let port: Int
    private let program: String
    private let arguments: [String]
    private let logPath: String
    private let process = NIOLockedValueBox<ServerProcess?>(nil)

    init(_ program: String, name: String, folder: String, primary: String?, options: [String] = []) throws {
        self.program = program
        self.name = name
        port = try FreePort.next()
        logPath = "\(folder)/\(name).log"
        let role = primary.map { ["replica", "--primary", $0] } ?? ["primary", "--acknowledgements", "1"]
        arguments = role + ["--data", "\(folder)/\(name)", "--listen", "127.0.0.1:\(port)"] + options
    }

    /// `127.0.0.1:7432`
    public var address: String { "127.0.0.1:\(port)" }

    /// `tandem://tandem@127.0.0.1:7432/tandem`
    public var url: String { "tandem://tandem@\(address)/tandem" }

    /// The end of its log.
    public var log: String { process.withLockedValue { $0?.log ?? "" } }

    /// Runs one statement over a connection of its own, and gives its rows as text.
    @discardableResult
    public func query(_ sql: String) async throws -> [[String?]] {
        try await PostgresProbe.query(
            sql, connection: "host=127.0.0.1 port=\(port) user=tandem dbname=tandem connect_timeout=10")
    }

    /// Starts it, and returns when it does what its role is for.
    public func start() async throws {
        try launch()
        try await waitUntilReady()
    }

    func launch() throws {
        let started = try ServerProcess(program, arguments, log: logPath, deathSignal: "KILL")
        process.withLockedValue { $0 = started }
    }

    func waitUntilReady() async throws {
        try await waitUntil(
            "the \(name) ready",
            giveUp: {
                guard process.withLockedValue({ $0?.isRunning }) == true else {
                    throw TestServerError("the \(name) has ended", log: log)
                }
            },
            { try await query("SHOW tandem.status").first?[1] == "ready" })
    }

    public func stop() async throws { try await end(SIGTERM) }

    /// kill -9.
    public func kill() async throws { try await end(SIGKILL) }

    /// Stops it in its tracks, as a machine that hangs, until ``thaw()``.
    public func freeze() { process.withLockedValue { $0 }?.signal(SIGSTOP) }

    public func thaw() { process.withLockedValue { $0 }?.signal(SIGCONT) }

    private func end(_ signal: Int32) async throws {
        guard let server = process.withLockedValue({ $0 }) else { return }
        server.signal(SIGCONT)
        try await server.stop(signal)
    }
}
