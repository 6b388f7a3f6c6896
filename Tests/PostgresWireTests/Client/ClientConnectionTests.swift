import NIOCore
import NIOPosix
import Testing

@testable import PostgresWire

@Suite(.timeLimit(.minutes(1))) struct ClientConnectionTests {
    @Test func aRefusedConnectionIsAPostgresError() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        // Port 1 of the loopback: nobody listens there.
        let error = await #expect(throws: PostgresError.self) {
            try await PostgresClientConnection.connect(PostgresClientOptions(port: 1, user: "u"), on: group.next())
        }
        #expect(error?.code == .connectionFailure)
        try await group.shutdownGracefully()
    }

    /// A server that answers a start-up with `bytes` and nothing else.
    private func withServer(
        answering bytes: ByteBuffer, _ body: (PostgresClientOptions, any EventLoop) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let listener = try await ServerBootstrap(group: group)
            .childChannelInitializer { $0.writeAndFlush(bytes) }
            .bind(host: "127.0.0.1", port: 0).get()
        var options = PostgresClientOptions(port: listener.localAddress?.port ?? 0, user: "u")
        options.startupTimeout = .milliseconds(200)
        var failure: (any Error)?
        do { try await body(options, group.next()) } catch { failure = error }
        try await listener.close()
        try await group.shutdownGracefully()
        if let failure { throw failure }
    }

    @Test func aServerThatDoesNotAnswerIsGivenUp() async throws {
        try await withServer(answering: ByteBuffer()) { options, loop in
            let error = await #expect(throws: PostgresError.self) {
                try await PostgresClientConnection.connect(options, on: loop)
            }
            #expect(error?.message.contains("in time") == true)
        }
    }

    @Test func aServerThatSpeaksNonsenseIsLeft() async throws {
        for nonsense in [
            ByteBuffer(string: "HTTP/1.1 400 Bad Request"), bytes(.ascii("R"), .int32(3)),
            bytes(.ascii("Z"), .int32(5), .ascii("I")), bytes(.ascii("R"), .int32(8), .int32(3)),
        ] {
            try await withServer(answering: nonsense) { options, loop in
                await #expect(throws: PostgresError.self) {
                    try await PostgresClientConnection.connect(options, on: loop)
                }
            }
        }
    }

    @Test func whatWaitsIsFailedWhenTheConnectionGoes() async throws {
        try await EchoServer.run { echo in
            let client = try await echo.connect()
            let futures = ["wait", "echo x"].map { client.query($0) as EventLoopFuture<[QueryResult]> }
            try await echo.journal.wait(for: "waiting", on: client.eventLoop)
            client.close()
            for future in futures {
                await #expect(throws: PostgresError.self) { try await future.get() }
            }
            await #expect(throws: PostgresError.self) { try await client.query("echo late") }
        }
    }

    @Test func anAnswerBeyondItsBoundIsRefused() async throws {
        try await EchoServer.run { echo in
            var options = echo.options()
            options.maximumResultBytes = 10_000
            let client = try await PostgresClientConnection.connect(options, on: echo.group.next())
            let error = await #expect(throws: PostgresError.self) { try await client.query("rows 1000") }
            #expect(error?.code == .programLimitExceeded)
        }
    }

    @Test func aRefusedStreamLeavesTheConnectionIdle() async throws {
        try await EchoServer.run { echo in
            let client = try await echo.connect()
            let journal = EchoJournal()
            for command in ["error", "echo nothing"] {
                await #expect(throws: PostgresError.self) {
                    try await client.eventLoop.flatSubmit {
                        client.startCopyBoth(command, stream: CollectingStream(journal))
                    }.get()
                }
            }
            #expect(try await client.query("echo on").first?.rows == [["on"]])
            #expect(journal.lines.isEmpty)
        }
    }
}
