import NIOCore
import Testing

@testable import PostgresWire

@Suite struct StartupPacketTests {
    private func decode(_ bytes: ByteBuffer) throws(PostgresError) -> StartupPacket? {
        var decoder = FrontendFrameDecoder()
        decoder.received(bytes)
        return try decoder.nextStartupPacket()
    }

    static let startup = bytes(
        // length 4 + 4 + 7 + 5 + 1, version 3.0, "user" = "abc", the end of the list
        .int32(18), .int32(3 << 16), .ascii("user"), .zero, .ascii("abc"), .zero, .zero)

    @Test func theFourKindsAreDecoded() throws {
        // 1234 in the upper half, 5679, 5680 and 5678 in the lower
        #expect(try decode(bytes(.int32(8), .int16(1234), .int16(5679))) == .sslRequest)
        #expect(try decode(bytes(.int32(8), .int16(1234), .int16(5680))) == .gssEncryptionRequest)
        #expect(
            try decode(bytes(.int32(16), .int16(1234), .int16(5678), .int32(7), .int32(-9)))
                == .cancelRequest(BackendKey(processID: 7, secret: -9)))
        #expect(try decode(Self.startup) == .startup(StartupMessage(parameters: ["user": "abc"])))
    }

    @Test func everyPrefixWaits() throws {
        for length in 0..<Self.startup.readableBytes {
            #expect(try decode(Self.startup.getSlice(at: 0, length: length) ?? ByteBuffer()) == nil)
        }
    }

    @Test(arguments: [Int32.min, -1, 0, 4, 7, 10_001, .max]) func aHostileLengthIsRefusedAtOnce(_ length: Int32) {
        #expect(throws: PostgresError.self) { try decode(bytes(.int32(length))) }
    }

    @Test func aTLSHandshakeIsToldThatThereIsNone() {
        // a TLS record: type 22, version 3.1, its length
        let error = #expect(throws: PostgresError.self) { try decode(bytes(.raw([0x16, 3, 1, 2, 0, 1, 0, 0]))) }
        #expect(error?.hint?.contains("sslmode") == true)
    }

    @Test func malformedPacketsAreRefused() {
        let malformed = [
            // SSLRequest, GSSENCRequest and CancelRequest of other lengths than theirs
            bytes(.int32(9), .int16(1234), .int16(5679), .zero),
            bytes(.int32(9), .int16(1234), .int16(5680), .zero),
            bytes(.int32(12), .int16(1234), .int16(5678), .int32(7)),
            // a name without a value, no terminator, something behind the terminator
            bytes(.int32(13), .int32(3 << 16), .ascii("user"), .zero),
            bytes(.int32(17), .int32(3 << 16), .ascii("user"), .zero, .ascii("abc"), .zero),
            bytes(.int32(10), .int32(3 << 16), .zero, .zero),
        ]
        for packet in malformed {
            let error = #expect(throws: PostgresError.self) { try decode(packet) }
            #expect(error?.severity == .fatal)
        }
    }

    @Test func bytesBehindARequestForEncryptionAreRefused() {
        for code: Int16 in [5679, 5680] {
            var packet = bytes(.int32(8), .int16(1234), .int16(code))
            packet.writeImmutableBuffer(Self.startup)
            let error = #expect(throws: PostgresError.self) { try decode(packet) }
            #expect(error?.message.contains("unencrypted data") == true)
        }
    }

    @Test func theMessageTellsWhatItMeans() {
        let message = StartupMessage(parameters: [
            "user": "u", "replication": "true", "application_name": "a", "_pq_.b": "1", "_pq_.a": "2",
        ])
        #expect(message.database == "u")
        #expect(message.isReplication)
        #expect(message.applicationName == "a")
        #expect(message.protocolOptions == ["_pq_.a", "_pq_.b"])
        for (text, isReplication) in [("database", true), ("on", true), ("1", true), ("no", false), ("x", false)] {
            #expect(StartupMessage(parameters: ["replication": text]).isReplication == isReplication)
        }
    }
}
