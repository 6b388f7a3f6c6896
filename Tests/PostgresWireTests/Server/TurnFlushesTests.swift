import NIOCore
import NIOEmbedded
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

/// Who is flushed when.
@Suite struct TurnEndTests {
    private let loop = EmbeddedEventLoop()
    private let first: EmbeddedChannel
    private let second: EmbeddedChannel
    private let flushes: TurnFlushes

    init() throws {
        first = EmbeddedChannel(loop: loop)
        second = EmbeddedChannel(loop: loop)
        flushes = TurnFlushes(loop)
    }

    /// Something came on `channel`, and is answered.
    private func read(_ channel: EmbeddedChannel, answers: Int = 1) {
        flushes.whileReading(channel) {
            for _ in 0..<answers {
                channel.write(ByteBuffer(string: "x"), promise: nil)
                flushes.add(channel)
            }
        }
    }

    /// How many answers have left since the last time.
    private func sent(_ channel: EmbeddedChannel) throws -> Int {
        var count = 0
        while try channel.readOutbound(as: ByteBuffer.self) != nil { count += 1 }
        return count
    }

    @Test func aClientThatIsAloneHasItsAnswersAtOnce() throws {
        read(first)
        loop.run()
        #expect(try sent(first) == 1)
        read(first, answers: 3)
        #expect(try sent(first) == 3)
        loop.run()
        #expect(try sent(first) == 0)
    }

    @Test func theAnswersOfSeveralGoAtTheEndOfTheTurn() throws {
        read(first)
        read(second)
        #expect(try sent(first) == 0)
        loop.run()
        #expect(try sent(first) == 1)
        #expect(try sent(second) == 1)
        // Whoever was read before was another.
        read(first)
        #expect(try sent(first) == 0)
        loop.run()
        #expect(try sent(first) == 1)
    }

    @Test func ofMoreThanSixteenAnswersTheFirstDoNotWait() throws {
        read(second)
        loop.run()
        read(first, answers: 20)
        #expect(try sent(first) == 16)
        loop.run()
        #expect(try sent(first) == 4)
    }

    @Test func whatIsWrittenOutsideOfAReadWaitsForTheTurn() throws {
        first.write(ByteBuffer(string: "x"), promise: nil)
        flushes.add(first)
        #expect(try sent(first) == 0)
        loop.run()
        #expect(try sent(first) == 1)
    }
}
