import NIOCore
import NIOPosix
import Testing

@testable import PostgresWire

@Suite(.timeLimit(.minutes(1))) struct TurnFlushesTests {
    /// Answers a query, and says that it is at its end once the channel has passed the answer on.
    private final class WaitsForRoom: PostgresSession {
        private let channel: PostgresChannel
        private var isAnswering = false

        init(_ channel: PostgresChannel) { self.channel = channel }

        func received(_ message: FrontendMessage) {
            guard case .query(let text) = message else { return channel.close() }
            isAnswering = true
            var messages = BackendMessages()
            messages.commandComplete(text)
            channel.send(messages.take())
        }

        func writabilityChanged(_ isWritable: Bool) {
            guard isWritable, isAnswering else { return }
            isAnswering = false
            var messages = BackendMessages()
            messages.readyForQuery(.idle)
            channel.send(messages.take())
        }

        func shutdownRequested() { channel.close(.adminShutdown) }
        func closed() {}
    }

    /// The flush itself tells that there is room again.
    @Test func whatAFlushSetsOffIsFlushedAsWell() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var options = PostgresServerOptions()
        options.port = 0
        options.writeBufferWaterMark = 1...512
        let server = try await PostgresServer.listen(options, on: group) { (channel, _) throws(PostgresError) in
            WaitsForRoom(channel)
        }
        let client = try await PostgresClientConnection.connect(
            PostgresClientOptions(port: server.port, user: "u"), on: group.next())
        // Brief, and more than the channel wants to keep.
        for letter in ["a", "b"] {
            let text = String(repeating: letter, count: 1000)
            #expect(try await client.query(text).first?.tag == text)
        }
        client.close()
        await server.shutdown(grace: .zero)
        try await group.shutdownGracefully()
    }
}
