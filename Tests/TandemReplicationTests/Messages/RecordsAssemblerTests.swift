import TandemLog
import Testing

@testable import TandemReplication

/// Batches that travel in several frames.
@Suite struct RecordsAssemblerTests {
    private func header(total: UInt32, offset: UInt32, first: LogIndex = 1) -> RecordsHeader {
        RecordsHeader(
            epoch: MessageCodingTests.epoch, number: MessageCodingTests.number, first: first, last: 2, commit: 0,
            clock: 0, total: total, offset: offset)
    }

    private func add(_ assembler: inout RecordsAssembler, _ header: RecordsHeader, _ bytes: [UInt8]) throws -> [UInt8]?
    {
        try bytes.withUnsafeBytes { try assembler.add(header, $0) { Array($0) } }
    }

    @Test func wholeBatchPassesAtOnce() throws {
        var assembler = RecordsAssembler()
        #expect(try add(&assembler, header(total: 3, offset: 0), [1, 2, 3]) == [1, 2, 3])
    }

    @Test func piecesAreJoinedByteByByte() throws {
        var assembler = RecordsAssembler()
        let bytes: [UInt8] = Array(1...9)
        for (offset, byte) in bytes.enumerated() {
            let whole = try add(&assembler, header(total: 9, offset: UInt32(offset)), [byte])
            #expect(whole == (offset == 8 ? bytes : nil))
        }
    }

    @Test func frameThatDoesNotFollowIsRefused() throws {
        var assembler = RecordsAssembler()
        #expect(throws: MalformedMessage.self) { try add(&assembler, header(total: 9, offset: 3), [1]) }
        _ = try add(&assembler, header(total: 9, offset: 0), [1, 2])
        #expect(throws: MalformedMessage.self) { try add(&assembler, header(total: 9, offset: 3), [3]) }
        #expect(throws: MalformedMessage.self) { try add(&assembler, header(total: 9, offset: 2, first: 2), [3]) }
        #expect(throws: MalformedMessage.self) { try add(&assembler, header(total: 8, offset: 2), [3]) }
    }

    @Test func absurdTotalIsRefusedBeforeAnythingIsKept() {
        var assembler = RecordsAssembler()
        #expect(throws: MalformedMessage.self) { try add(&assembler, header(total: .max, offset: 0), [1]) }
    }
}
