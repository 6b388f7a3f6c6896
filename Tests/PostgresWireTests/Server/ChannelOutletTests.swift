import NIOCore
import NIOPosix
import Testing

@testable import PostgresWire

/// What goes past the channel, and what goes through it.
@Suite(.timeLimit(.minutes(1))) struct ChannelOutletTests {
    /// Answers a query, which is a number, with so many brief and long answers in turns, whether the client reads or not.
    private final class Numbers: PostgresSession {
        private let channel: PostgresChannel

        init(_ channel: PostgresChannel) { self.channel = channel }

        func received(_ message: FrontendMessage) {
            guard case .query(let text) = message, let count = Int(text) else { return channel.close() }
            var messages = BackendMessages()
            for number in 0..<count {
                messages.commandComplete("\(number) " + String(repeating: "x", count: number % 3 * 20_000))
                channel.send(messages.take())
            }
            messages.readyForQuery(.idle)
            channel.send(messages.take())
        }

        func shutdownRequested() { channel.close(.adminShutdown) }
        func closed() {}
    }

    private func withServer(_ body: (_ port: Int, MultiThreadedEventLoopGroup) async throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var options = PostgresServerOptions()
        options.port = 0
        let server = try await PostgresServer.listen(options, on: group) { (channel, _) throws(PostgresError) in
            Numbers(channel)
        }
        try await body(server.port, group)
        await server.shutdown(grace: .zero)
        try await group.shutdownGracefully()
    }

    /// Some of it is taken by the system at once, some waits in the channel.
    @Test func answersKeepTheirOrderHoweverTheyGo() async throws {
        try await withServer { port, group in
            let client = try await PostgresClientConnection.connect(
                PostgresClientOptions(port: port, user: "u"), on: group.next())
            for count in [1, 5, 2000, 3, 300] {
                let tags = try await client.query("\(count)").compactMap(\.tag)
                #expect(tags.map { $0.prefix { $0 != " " } } == (0..<count).map { "\($0)" })
                #expect(tags.enumerated().allSatisfy { $1.utf8.count == "\($0) ".utf8.count + $0 % 3 * 20_000 })
            }
            client.close()
        }
    }

    /// A client that is alone is read from past the channel, too.
    @Test func questionsOfALoneClientAreAllAnswered() async throws {
        try await withServer { port, group in
            let client = try await PostgresClientConnection.connect(
                PostgresClientOptions(port: port, user: "u"), on: group.next())
            for _ in 0..<1000 { #expect(try await client.query("1").first?.tag == "0 ") }
            client.close()
        }
    }
}
