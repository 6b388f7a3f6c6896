import NIOCore
import NIOEmbedded
import Testing

@testable import PostgresWire

/// Who is flushed when.
@Suite struct TurnEndTests {
    private let loop = EmbeddedEventLoop()
    private let first: ChannelOutlet
    private let second: ChannelOutlet
    private let flushes: TurnFlushes

    init() throws {
        first = ChannelOutlet(EmbeddedChannel(loop: loop))
        second = ChannelOutlet(EmbeddedChannel(loop: loop))
        flushes = TurnFlushes(loop)
    }

    /// Something came on the channel of `outlet`, and is answered.
    ///
    /// - Returns: Whether the answers have left.
    @discardableResult
    private func read(_ outlet: ChannelOutlet, answers: Int = 1) -> Bool {
        flushes.whileReading(outlet) {
            for _ in 0..<answers { answer(outlet) }
        }
    }

    private func answer(_ outlet: ChannelOutlet) {
        outlet.add(ByteBuffer(string: "x"))
        flushes.add(outlet)
    }

    /// How many answers have left since the last time.
    private func sent(_ outlet: ChannelOutlet) throws -> Int {
        let channel = try #require(outlet.channel as? EmbeddedChannel)
        var count = 0
        while try channel.readOutbound(as: ByteBuffer.self) != nil { count += 1 }
        return count
    }

    @Test func aClientThatIsAloneHasItsAnswersAtOnce() throws {
        #expect(!read(first))
        loop.run()
        #expect(try sent(first) == 1)
        let hasLeft = read(first, answers: 3)
        #expect(hasLeft)
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
        answer(first)
        #expect(try sent(first) == 0)
        loop.run()
        #expect(try sent(first) == 1)
    }

    /// Tells that there is room again as soon as something was flushed.
    private final class RoomAgain: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var tell: (() -> Void)?

        func flush(context: ChannelHandlerContext) {
            context.flush()
            tell?()
        }
    }

    @Test func whatAFlushSetsOffIsFlushedAsWell() throws {
        let channel = try #require(first.channel as? EmbeddedChannel)
        let handler = RoomAgain()
        try channel.pipeline.syncOperations.addHandler(handler)
        handler.tell = {
            handler.tell = nil
            answer(first)
            answer(second)
        }
        answer(first)
        loop.run()
        #expect(try sent(first) == 2)
        #expect(try sent(second) == 1)
    }
}
