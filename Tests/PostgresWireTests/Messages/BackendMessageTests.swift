import NIOCore
import Testing

@testable import PostgresWire

@Suite struct BackendMessageTests {
    /// One of each, in an order a server would not choose.
    static let all: ByteBuffer = {
        var messages = BackendMessages()
        messages.authenticationOk()
        messages.parameterStatus("a", "b")
        messages.backendKeyData(BackendKey(processID: 1, secret: 2))
        messages.negotiateProtocolVersion(newest: .supported, unknownOptions: ["x"])
        messages.rowDescription([ColumnDescription(name: "c", type: .text)])
        messages.beginDataRow(columns: 2)
        messages.writeNull()
        messages.write(string: "v")
        try? messages.endDataRow()
        messages.commandComplete("SELECT 1")
        messages.parameterDescription([.int8])
        messages.errorResponse(PostgresError(code: .syntaxError, message: "m"))
        messages.copyBothResponse()
        messages.copyInResponse(.text)
        messages.copyOutResponse(.binary, columns: [.binary])
        messages.copyData(ByteBuffer(string: "x"))
        messages.copyDone()
        messages.readyForQuery(.inTransaction)
        return messages.take()
    }()

    static let decoded: [BackendMessage] = [
        .authentication(.ok), .parameterStatus(name: "a", value: "b"),
        .backendKeyData(BackendKey(processID: 1, secret: 2)),
        .negotiateProtocolVersion(newest: .supported, unknownOptions: ["x"]),
        .rowDescription([ColumnDescription(name: "c", type: .text)]),
        .dataRow([nil, ByteBuffer(string: "v")]), .commandComplete("SELECT 1"), .parameterDescription([.int8]),
        .errorResponse(PostgresError(code: .syntaxError, message: "m")), .copyBothResponse, .copyInResponse,
        .copyOutResponse, .copyData(ByteBuffer(string: "x")), .copyDone, .readyForQuery(.inTransaction),
    ]

    @Test func allAreDecoded() throws {
        #expect(try decodeBackend(Self.all) == Self.decoded)
    }

    @Test func dripFedTheyAreTheSame() throws {
        var decoder = BackendFrameDecoder()
        var messages: [BackendMessage] = []
        for byte in Self.all.readableBytesView {
            decoder.received(ByteBuffer(bytes: [byte]))
            while let message = try decoder.nextMessage() { messages.append(message) }
        }
        #expect(messages == Self.decoded)
    }

    @Test func everyPrefixIsABeginning() throws {
        for length in 0..<Self.all.readableBytes {
            let messages = try decodeBackend(Self.all.getSlice(at: 0, length: length) ?? ByteBuffer())
            #expect(messages == Array(Self.decoded.prefix(messages.count)))
            #expect(messages.count < Self.decoded.count)
        }
    }

    @Test func hostileLengthsAreRefusedAtOnce() {
        for length: Int32 in [.min, -1, 0, 3, .max] {
            #expect(throws: PostgresError.self) { try decodeBackend(bytes(.ascii("D"), .int32(length))) }
        }
        var decoder = BackendFrameDecoder(maximumMessageLength: 10)
        decoder.received(bytes(.ascii("D"), .int32(15)))
        #expect(throws: PostgresError.self) { try decoder.nextMessage() }
    }

    @Test func hostileCountsAreRefused() {
        let hostile = [
            // 65,535 values, columns and types in no bytes; 2^31 options
            bytes(.ascii("D"), .int32(6), .int16(-1)),
            bytes(.ascii("T"), .int32(6), .int16(-1)),
            bytes(.ascii("t"), .int32(6), .int16(-1)),
            bytes(.ascii("v"), .int32(12), .int32(3 << 16), .int32(.max)),
            // a value longer than its row
            bytes(.ascii("D"), .int32(10), .int16(1), .int32(5)),
            // an error without its end
            bytes(.ascii("E"), .int32(6), .ascii("M"), .zero),
            // an unknown transaction status
            bytes(.ascii("Z"), .int32(5), .ascii("?")),
            bytes(.ascii("?")),
        ]
        for message in hostile {
            let error = #expect(throws: PostgresError.self) { try decodeBackend(message) }
            #expect(error?.severity == .fatal)
        }
    }

    @Test func randomBytesNeverTrap() {
        let types = BackendMessageType.allCases
        for seed in 0..<10_000 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var buffer = ByteBuffer()
            for _ in 0..<4 {
                let length = Int.random(in: 0...30, using: &generator)
                buffer.writeInteger((types.randomElement(using: &generator) ?? .copyDone).rawValue)
                buffer.writeInteger(Int32(length + 4))
                for _ in 0..<length {
                    let limit: UInt8 = Bool.random(using: &generator) ? 3 : 255
                    buffer.writeInteger(UInt8.random(in: 0...limit, using: &generator))
                }
            }
            do {
                _ = try decodeBackend(buffer)
            } catch {
                #expect(error.severity == .fatal, "seed \(seed)")
            }
        }
    }
}
