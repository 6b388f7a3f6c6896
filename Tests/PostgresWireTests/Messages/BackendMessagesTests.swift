import NIOCore
import Testing

@testable import PostgresWire

/// Each message byte by byte, as chapter 55.7 of PostgreSQL's manual has it.
@Suite struct BackendMessagesTests {
    private func written(_ body: (inout BackendMessages) throws -> Void) rethrows -> ByteBuffer {
        var messages = BackendMessages()
        try body(&messages)
        return messages.take()
    }

    @Test func startupMessages() {
        // 'R', length 8, method 0: content
        #expect(written { $0.authenticationOk() } == bytes(.ascii("R"), .int32(8), .int32(0)))
        #expect(
            written { $0.parameterStatus("a", "bc") }
                == bytes(.ascii("S"), .int32(9), .ascii("a"), .zero, .ascii("bc"), .zero))
        #expect(
            written { $0.backendKeyData(BackendKey(processID: 1, secret: -2)) }
                == bytes(.ascii("K"), .int32(12), .int32(1), .int32(-2)))
        #expect(
            written { $0.negotiateProtocolVersion(newest: .supported, unknownOptions: ["_pq_.x"]) }
                == bytes(.ascii("v"), .int32(19), .int32(3 << 16), .int32(1), .ascii("_pq_.x"), .zero))
    }

    @Test func messagesWithoutContent() {
        let written = written {
            $0.parseComplete()
            $0.bindComplete()
            $0.closeComplete()
            $0.noData()
            $0.portalSuspended()
            $0.emptyQueryResponse()
            $0.copyDone()
        }
        #expect(
            written
                == bytes(
                    .ascii("1"), .int32(4), .ascii("2"), .int32(4), .ascii("3"), .int32(4), .ascii("n"), .int32(4),
                    .ascii("s"), .int32(4), .ascii("I"), .int32(4), .ascii("c"), .int32(4)))
    }

    @Test(arguments: [(TransactionStatus.idle, "I"), (.inTransaction, "T"), (.failed, "E")])
    func readyForQuery(_ status: TransactionStatus, _ letter: String) {
        #expect(written { $0.readyForQuery(status) } == bytes(.ascii("Z"), .int32(5), .ascii(letter)))
    }

    @Test func rowDescription() {
        let columns = [
            ColumnDescription(name: "id", type: .int8, format: .binary, tableOID: 9, attributeNumber: 1),
            ColumnDescription(name: "t", type: .text),
        ]
        #expect(
            written { $0.rowDescription(columns) }
                == bytes(
                    // two columns
                    .ascii("T"), .int32(4 + 2 + 21 + 20), .int16(2),
                    // name, table, number, type int8, size 8, no modifier, binary
                    .ascii("id"), .zero, .int32(9), .int16(1), .int32(20), .int16(8), .int32(-1), .int16(1),
                    // name, no table, no number, type text, size varies, no modifier, text
                    .ascii("t"), .zero, .int32(0), .int16(0), .int32(25), .int16(-1), .int32(-1), .int16(0)))
        let asAsked = written { $0.rowDescription(columns, formats: .each([.text, .binary])) }
        guard case .rowDescription(let decoded) = try? decodeBackend(asAsked).first else {
            Issue.record("it cannot be read back")
            return
        }
        #expect(decoded.map(\.format) == [.text, .binary])
    }

    @Test func dataRowValueByValue() throws {
        let row = try written { messages in
            messages.beginDataRow(columns: 4)
            messages.writeNull()
            messages.write(decimal: -120)
            ByteBuffer(string: "ü").withUnsafeReadableBytes { text in messages.write(bytes: text) }
            messages.write(string: "")
            try messages.endDataRow()
        }
        #expect(
            row
                == bytes(
                    .ascii("D"), .int32(4 + 2 + 4 + 8 + 6 + 4), .int16(4), .int32(-1), .int32(4), .ascii("-120"),
                    .int32(2), .raw([0xC3, 0xBC]), .int32(0)))
    }

    @Test(arguments: [0, 7, -1, 10, 99, 100, -100, Int64.max, Int64.min])
    func integersAreWrittenInDecimal(_ value: Int64) throws {
        let row = try written {
            $0.beginDataRow(columns: 1)
            $0.write(decimal: value)
            try $0.endDataRow()
        }
        #expect(try decodeBackend(row) == [.dataRow([ByteBuffer(string: String(value))])])
    }

    @Test func completionAndErrors() {
        #expect(
            written { $0.commandComplete("SELECT 1") }
                == bytes(.ascii("C"), .int32(13), .ascii("SELECT 1"), .zero))
        for count in [0, 10, 1_000_000, Int64.max] {
            #expect(
                written { $0.commandComplete("INSERT 0", count: count) }
                    == written { $0.commandComplete("INSERT 0 \(count)") })
        }
        let error = PostgresError(code: .syntaxError, message: "no", position: 8)
        #expect(
            written { $0.errorResponse(error) }
                == bytes(
                    // severity twice (S may be translated, V never is), code, message, position, the end
                    .ascii("E"), .int32(4 + 7 + 7 + 7 + 4 + 3 + 1), .ascii("SERROR"), .zero, .ascii("VERROR"), .zero,
                    .ascii("C42601"), .zero, .ascii("Mno"), .zero, .ascii("P8"), .zero, .zero))
    }

    @Test func copyMessages() {
        // 'G', length 9, overall format 1, one column, its format 1
        #expect(
            written { $0.copyInResponse(.binary, columns: [.binary]) }
                == bytes(.ascii("G"), .int32(9), .raw([1]), .int16(1), .int16(1)))
        #expect(written { $0.copyOutResponse(.text) } == bytes(.ascii("H"), .int32(7), .raw([0]), .int16(0)))
        #expect(written { $0.copyBothResponse() } == bytes(.ascii("W"), .int32(7), .raw([0]), .int16(0)))
        #expect(written { $0.copyData(ByteBuffer(string: "ab")) } == bytes(.ascii("d"), .int32(6), .ascii("ab")))
        #expect(written { $0.copyData { $0.writeString("ab") } } == bytes(.ascii("d"), .int32(6), .ascii("ab")))
        #expect(written { $0.copyDataHeader(payloadLength: 2) } == bytes(.ascii("d"), .int32(6)))
    }

    @Test func allFieldsOfAnErrorComeBack() throws {
        let error = PostgresError(
            severity: .fatal, code: .uniqueViolation, message: "m", detail: "d", hint: "h", position: 3, context: "w",
            schema: "s", table: "t", column: "c", dataType: "y", constraint: "n")
        #expect(try decodeBackend(written { $0.errorResponse(error) }) == [.errorResponse(error)])
        #expect(try decodeBackend(written { $0.noticeResponse(error) }) == [.noticeResponse(error)])
    }

    @Test func anErrorTakesBackAnUnfinishedRow() throws {
        let messages = written {
            $0.bindComplete()
            $0.beginDataRow(columns: 2)
            $0.write(string: "half")
            $0.errorResponse(PostgresError(code: .internalError, message: "x"))
        }
        #expect(
            try decodeBackend(messages) == [
                .bindComplete, .errorResponse(PostgresError(code: .internalError, message: "x")),
            ])
    }

    @Test func messagesCanBeTakenBackToAMark() {
        let messages = written {
            $0.parseComplete()
            let mark = $0.mark
            $0.bindComplete()
            $0.beginDataRow(columns: 1)
            $0.truncate(to: mark)
            $0.noData()
        }
        #expect(messages == bytes(.ascii("1"), .int32(4), .ascii("n"), .int32(4)))
    }

    @Test func messagesWrittenElsewhereCanBeAdded() {
        var first = BackendMessages()
        first.parseComplete()
        var second = BackendMessages()
        second.noData()
        first.append(second)
        #expect(first.take() == bytes(.ascii("1"), .int32(4), .ascii("n"), .int32(4)))
        #expect(first.isEmpty)
    }

    @Test func aZeroInsideATextDoesNotEndIt() throws {
        let error = PostgresError(code: .syntaxError, message: "a\0b")
        guard case .errorResponse(let decoded) = try decodeBackend(written { $0.errorResponse(error) }).first else {
            Issue.record("no error came")
            return
        }
        #expect(decoded.message == "ab")
    }
}
