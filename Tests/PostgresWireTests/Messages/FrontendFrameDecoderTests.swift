import NIOCore
import Testing

@testable import PostgresWire

@Suite struct FrontendFrameDecoderTests {
    @Test(arguments: [Int32.min, -1, 0, 1, 2, 3]) func aLengthThatDoesNotCountItselfIsAViolation(_ length: Int32) {
        var decoder = FrontendFrameDecoder.started(bytes(.ascii("Q"), .int32(length)))
        let error = #expect(throws: PostgresError.self) { try decoder.nextMessage() }
        #expect(error?.code == .protocolViolation)
        #expect(error?.severity == .fatal)
    }

    @Test func aViolationIsFinal() {
        var decoder = FrontendFrameDecoder.started(bytes(.ascii("Q"), .int32(0)))
        #expect(throws: PostgresError.self) { try decoder.nextMessage() }
        decoder.received(bytes(.ascii("S"), .int32(4)))
        #expect(throws: PostgresError.self) { try decoder.nextMessage() }
        #expect(decoder.bufferedBytes == 0)
    }

    /// Five bytes are enough to refuse; nothing is waited for.
    @Test func aLengthBeyondTheMaximumIsRefusedAtOnce() {
        let oversized: [(String, Int32)] = [
            ("Q", .max), ("d", 1 << 30 + 4), ("D", 10_005), ("S", 10_005), ("p", 4_101),
        ]
        for (type, length) in oversized {
            var decoder = FrontendFrameDecoder.started(bytes(.ascii(type), .int32(length)))
            #expect(throws: PostgresError.self, "\(type)") { try decoder.nextMessage() }
        }
    }

    @Test func aLengthAtTheMaximumIsWaitedFor() throws {
        for (type, length) in [("Q", Int32(1 << 30 - 1 + 4)), ("D", 10_004), ("p", 4_100)] {
            var decoder = FrontendFrameDecoder.started(bytes(.ascii(type), .int32(length)))
            #expect(try decoder.nextMessage() == nil, "\(type)")
        }
    }

    @Test func limitsCanBeSet() {
        var limits = FrontendFrameDecoder.Limits()
        limits.largeMessage = 100
        var decoder = FrontendFrameDecoder(limits: limits, startedWith: bytes(.ascii("B"), .int32(105)))
        #expect(throws: PostgresError.self) { try decoder.nextMessage() }
    }

    @Test func everyUnknownTypeIsRefusedByItsFirstByte() throws {
        for type in UInt8.min ... .max {
            var decoder = FrontendFrameDecoder.started(ByteBuffer(bytes: [type]))
            if FrontendMessageType(rawValue: type) == nil {
                #expect(throws: PostgresError.self, "\(type)") { try decoder.nextMessage() }
            } else {
                #expect(try decoder.nextMessage() == nil)
            }
        }
    }

    @Test func onlyPasswordsComeBeforeTheUserIsLetIn() throws {
        var messages = FrontendMessages()
        messages.startup(StartupMessage(parameters: ["user": "u"]))
        messages.password(ByteBuffer(string: "x"))
        messages.query("SELECT 1")
        var decoder = FrontendFrameDecoder()
        decoder.received(messages.take())
        #expect(try decoder.nextMessage() == nil)
        #expect(try decoder.nextStartupPacket() == .startup(StartupMessage(parameters: ["user": "u"])))
        #expect(try decoder.nextStartupPacket() == nil)
        #expect(try decoder.nextMessage() == .password(ByteBuffer(string: "x")))
        #expect(throws: PostgresError.self) { try decoder.nextMessage() }
    }

    @Test func onceTheUserIsLetInAllMessagesCome() throws {
        var messages = FrontendMessages()
        messages.startup(StartupMessage(parameters: ["user": "u"]))
        messages.query("SELECT 1")
        var decoder = FrontendFrameDecoder()
        decoder.received(messages.take())
        _ = try decoder.nextStartupPacket()
        decoder.authenticated()
        #expect(try decoder.nextMessage() == .query("SELECT 1"))
    }

    @Test func bufferedBytesCanBeTakenAlong() throws {
        var decoder = FrontendFrameDecoder.started(bytes(.ascii("S"), .int32(4), .ascii("Q"), .int32(7)))
        #expect(try decoder.nextMessage() == .sync)
        var other = FrontendFrameDecoder.started(decoder.takeBufferedBytes())
        #expect(decoder.bufferedBytes == 0)
        #expect(try other.nextMessage() == nil)
        other.received(bytes(.ascii("ab"), .zero))
        #expect(try other.nextMessage() == .query("ab"))
    }

    @Test func messagesKeepTheirBytesWhenMoreArrives() throws {
        // The slices share the storage that the next read is appended to.
        var decoder = FrontendFrameDecoder.started(bytes(.ascii("d"), .int32(6), .ascii("ab"), .ascii("d"), .int32(6)))
        let first = try decoder.nextMessage()
        #expect(try decoder.nextMessage() == nil)
        decoder.received(ByteBuffer(string: "cd"))
        #expect(try decoder.nextMessage() == .copyData(ByteBuffer(string: "cd")))
        #expect(first == .copyData(ByteBuffer(string: "ab")))
    }

    @Test func randomBytesNeverTrap() {
        let types = FrontendMessageType.allCases
        for seed in 0..<10_000 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var decoder = seed % 2 == 0 ? FrontendFrameDecoder() : .started()
            var buffer = ByteBuffer()
            for _ in 0..<Int.random(in: 0...8, using: &generator) {
                // Frames of true types and lengths get further than noise does.
                if Bool.random(using: &generator), let type = types.randomElement(using: &generator) {
                    let length = Int.random(in: 0...30, using: &generator)
                    buffer.writeInteger(type.rawValue)
                    buffer.writeInteger(Int32(length + 4))
                    for _ in 0..<length { buffer.writeInteger(UInt8.random(in: 0...4, using: &generator)) }
                } else {
                    for _ in 0..<Int.random(in: 0...40, using: &generator) {
                        buffer.writeInteger(UInt8.random(in: 0...255, using: &generator))
                    }
                }
            }
            decoder.received(buffer)
            do {
                while let packet = try decoder.nextStartupPacket() {
                    if case .startup = packet { decoder.authenticated() }
                }
                while try decoder.nextMessage() != nil {}
            } catch {
                #expect(error.severity == .fatal, "seed \(seed)")
            }
        }
    }
}
