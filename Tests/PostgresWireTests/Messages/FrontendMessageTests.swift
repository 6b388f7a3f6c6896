import NIOCore
import Testing

@testable import PostgresWire

/// Each message byte by byte, as chapter 55.7 of PostgreSQL's manual has it.
@Suite struct FrontendMessageTests {
    static let vectors: [(bytes: ByteBuffer, message: FrontendMessage)] = [
        // 'Q', length 4 + 9 + 1, the text, its end
        (bytes(.ascii("Q"), .int32(14), .ascii("SELECT 1;"), .zero), .query("SELECT 1;")),
        // 'P', length 4 + 3 + 9 + 2 + 8, name "s1", query "SELECT $1", two types: int8 (20), unspecified (0)
        (
            bytes(
                .ascii("P"), .int32(27), .ascii("s1"), .zero, .ascii("SELECT $1"), .zero, .int16(2), .int32(20),
                .int32(0)),
            .parse(.init(statement: "s1", query: "SELECT $1", parameterTypes: [.int8, .unspecified]))
        ),
        // 'B', length 40: portal "p", statement "s", two formats (text, binary), two values: "ab", NULL, one result
        // format for all: binary
        (
            bytes(
                .ascii("B"), .int32(4 + 2 + 2 + 6 + 2 + 6 + 4 + 4), .ascii("p"), .zero, .ascii("s"), .zero, .int16(2),
                .int16(0), .int16(1), .int16(2), .int32(2), .ascii("ab"), .int32(-1), .int16(1), .int16(1)),
            .bind(
                .init(
                    portal: "p", statement: "s", parameterFormats: .each([.text, .binary]),
                    parameters: [ByteBuffer(string: "ab"), nil], resultFormats: .all(.binary)))
        ),
        // 'B' with nothing in it: unnamed portal and statement, no formats, no values, no result formats
        (
            bytes(.ascii("B"), .int32(12), .zero, .zero, .int16(0), .int16(0), .int16(0)),
            .bind(.init())
        ),
        // 'D', 'S' for a statement, its name
        (bytes(.ascii("D"), .int32(8), .ascii("Ss1"), .zero), .describe(.statement("s1"))),
        // 'D', 'P' for a portal, the unnamed one
        (bytes(.ascii("D"), .int32(6), .ascii("P"), .zero), .describe(.portal(""))),
        // 'E', the unnamed portal, at most 50 rows
        (bytes(.ascii("E"), .int32(9), .zero, .int32(50)), .execute(portal: "", maximumRows: 50)),
        // 'E' with a negative count, which means all rows
        (bytes(.ascii("E"), .int32(9), .zero, .int32(-7)), .execute(portal: "", maximumRows: 0)),
        (bytes(.ascii("C"), .int32(7), .ascii("Pc"), .zero), .close(.portal("c"))),
        (bytes(.ascii("H"), .int32(4)), .flush),
        (bytes(.ascii("S"), .int32(4)), .sync),
        (bytes(.ascii("X"), .int32(4)), .terminate),
        (bytes(.ascii("d"), .int32(7), .raw([0, 255, 7])), .copyData(ByteBuffer(bytes: [0, 255, 7]))),
        (bytes(.ascii("c"), .int32(4)), .copyDone),
        (bytes(.ascii("f"), .int32(8), .ascii("why"), .zero), .copyFail("why")),
        (bytes(.ascii("p"), .int32(7), .ascii("pw"), .zero), .password(ByteBuffer(string: "pw\0"))),
        (bytes(.ascii("F"), .int32(8), .int32(1)), .functionCall),
    ]

    @Test(arguments: vectors.indices) func aVectorIsDecoded(_ index: Int) throws {
        #expect(try decodeFrontend(Self.vectors[index].bytes) == Self.vectors[index].message)
    }

    @Test(arguments: vectors.indices) func everyPrefixWaitsForTheRest(_ index: Int) throws {
        let whole = Self.vectors[index].bytes
        for length in 0..<whole.readableBytes {
            var decoder = FrontendFrameDecoder.started(whole.getSlice(at: 0, length: length) ?? ByteBuffer())
            #expect(try decoder.nextMessage() == nil, "prefix of \(length) bytes")
        }
    }

    @Test func aPipelineDripFedByteByByteIsTheSame() throws {
        var decoder = FrontendFrameDecoder.started()
        var messages: [FrontendMessage] = []
        for vector in Self.vectors {
            for byte in vector.bytes.readableBytesView {
                decoder.received(ByteBuffer(bytes: [byte]))
                messages += try decoder.allMessages()
            }
        }
        #expect(messages == Self.vectors.map(\.message))
        #expect(decoder.bufferedBytes == 0)
    }

    @Test func aPipelineInOnePieceIsTheSame() throws {
        var whole = ByteBuffer()
        for vector in Self.vectors { whole.writeImmutableBuffer(vector.bytes) }
        var decoder = FrontendFrameDecoder.started(whole)
        #expect(try decoder.allMessages() == Self.vectors.map(\.message))
    }

    @Test func whatTheClientWritesIsWhatTheServerReads() throws {
        var messages = FrontendMessages()
        messages.query("SELECT 'ü'")
        messages.parse(.init(statement: "s", query: "SELECT $1", parameterTypes: [.text]))
        let bind = FrontendMessage.Bind(
            statement: "s", parameterFormats: .each([.binary, .text]),
            parameters: [ByteBuffer(bytes: [1]), nil], resultFormats: .each([.text, .binary]))
        messages.bind(bind)
        messages.describe(.portal("p"))
        messages.execute(portal: "p", maximumRows: 3)
        messages.close(.statement("s"))
        messages.flush()
        messages.sync()
        messages.copyData(ByteBuffer(string: "x"))
        messages.copyDone()
        messages.copyFail("no")
        messages.password(ByteBuffer(string: "pw"))
        messages.terminate()
        var decoder = FrontendFrameDecoder.started(messages.take())
        #expect(
            try decoder.allMessages() == [
                .query("SELECT 'ü'"),
                .parse(.init(statement: "s", query: "SELECT $1", parameterTypes: [.text])),
                .bind(bind), .describe(.portal("p")), .execute(portal: "p", maximumRows: 3), .close(.statement("s")),
                .flush, .sync, .copyData(ByteBuffer(string: "x")), .copyDone, .copyFail("no"),
                .password(ByteBuffer(string: "pw")), .terminate,
            ])
        #expect(messages.byteCount == 0)
    }

    /// Contents that are not what their type promises: the message fails and the next one is read.
    static let malformed: [(ByteBuffer, FrontendMessageType)] = [
        // a query without its end
        (bytes(.ascii("Q"), .int32(8), .ascii("SELE")), .query),
        // a query with something behind its end
        (bytes(.ascii("Q"), .int32(7), .ascii("a"), .zero, .ascii("b")), .query),
        // not UTF-8
        (bytes(.ascii("Q"), .int32(6), .raw([0xFF]), .zero), .query),
        // 32,767 parameter types in no bytes
        (bytes(.ascii("P"), .int32(8), .zero, .zero, .int16(.max)), .parse),
        // 65,535 values in no bytes
        (bytes(.ascii("B"), .int32(10), .zero, .zero, .int16(0), .int16(-1)), .bind),
        // a value longer than the message
        (
            bytes(.ascii("B"), .int32(16), .zero, .zero, .int16(0), .int16(1), .int32(.max), .int16(0)), .bind
        ),
        // a value of length -2
        (bytes(.ascii("B"), .int32(16), .zero, .zero, .int16(0), .int16(1), .int32(-2), .int16(0)), .bind),
        // format code 2
        (bytes(.ascii("B"), .int32(14), .zero, .zero, .int16(1), .int16(2), .int16(0), .int16(0)), .bind),
        // two formats for one value
        (
            bytes(
                .ascii("B"), .int32(20), .zero, .zero, .int16(2), .int16(0), .int16(0), .int16(1), .int32(-1),
                .int16(0)), .bind
        ),
        // neither a statement nor a portal
        (bytes(.ascii("D"), .int32(6), .ascii("X"), .zero), .describe),
        (bytes(.ascii("C"), .int32(4)), .close),
        // no count of rows
        (bytes(.ascii("E"), .int32(5), .zero), .execute),
        (bytes(.ascii("S"), .int32(5), .zero), .sync),
    ]

    @Test(arguments: malformed.indices) func aMalformedMessageFailsAlone(_ index: Int) throws {
        let (malformed, type) = Self.malformed[index]
        var decoder = FrontendFrameDecoder.started(malformed)
        decoder.received(bytes(.ascii("H"), .int32(4)))
        guard case .invalid(type, let error) = try decoder.nextMessage() else {
            Issue.record("it was taken for sound")
            return
        }
        #expect(error.severity == .error)
        #expect(try decoder.nextMessage() == .flush)
    }
}
