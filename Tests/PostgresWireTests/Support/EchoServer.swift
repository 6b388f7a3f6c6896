import NIOCore
import NIOPosix

@testable import PostgresWire

/// A server of ``EchoSession``s on a port of its own, and what connects to it.
struct EchoServer {
    let group: MultiThreadedEventLoopGroup
    let server: PostgresServer
    let journal: EchoJournal

    /// Runs `body` with a server, and takes it down afterwards.
    static func run(
        _ change: (inout PostgresServerOptions) -> Void = { _ in }, _ body: (EchoServer) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let replicationLoop = group.next()
        let journal = EchoJournal()
        var options = PostgresServerOptions()
        options.port = 0
        change(&options)
        let server = try await PostgresServer.listen(options, on: group) {
            (channel, message) throws(PostgresError) in
            guard message.database != "forbidden" else {
                throw PostgresError(code: .invalidCatalogName, message: "database \"forbidden\" does not exist")
            }
            return EchoSession(channel, journal, replicationLoop: replicationLoop)
        }
        var failure: (any Error)?
        do {
            try await body(EchoServer(group: group, server: server, journal: journal))
        } catch {
            failure = error
        }
        await server.shutdown(grace: .seconds(1))
        try await group.shutdownGracefully()
        if let failure { throw failure }
    }

    func options(_ parameters: [String: String] = [:]) -> PostgresClientOptions {
        PostgresClientOptions(port: server.port, user: "tester", parameters: parameters)
    }

    func connect(_ parameters: [String: String] = [:]) async throws -> PostgresClientConnection {
        try await PostgresClientConnection.connect(options(parameters), on: group.next())
    }

    func connectRaw() async throws -> RawConnection {
        try await RawConnection.connect(port: server.port, on: group)
    }

    /// What a greeting ends with: ReadyForQuery, outside of a transaction.
    static let greetingEnd = ByteBuffer(bytes: [0x5A, 0, 0, 0, 5, 0x49])

    /// The bytes of a start-up.
    static func startup(_ parameters: [String: String] = ["user": "tester"]) -> ByteBuffer {
        var messages = FrontendMessages()
        messages.startup(StartupMessage(parameters: parameters))
        return messages.take()
    }
}
