import NIOCore
import Testing

@testable import PostgresWire

@Suite struct CopyBinaryTests {
    /// The signature, no flags, no extension.
    static let header: [UInt8] = start + [0, 0, 0, 0] + [0, 0, 0, 0]
    static let start: [UInt8] =
        [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00]  // PGCOPY\n\377\r\n\0
    static let rows: [UInt8] =
        [0, 2] + [0, 0, 0, 1, 0x41] + [0xFF, 0xFF, 0xFF, 0xFF]  // two fields: A, NULL
        + [0, 2] + [0, 0, 0, 0] + [0, 0, 0, 2, 0x42, 0x43]  // two fields: nothing, BC
    static let trailer: [UInt8] = [0xFF, 0xFF]

    static let binary = [CopySetting("format", .text("binary"))]

    @Test(arguments: [1, 2, 3, 5, Int.max], [true, false])
    func aStreamGivesItsRowsHoweverItArrives(_ pieceSize: Int, _ hasTrailer: Bool) throws {
        let bytes = Self.header + Self.rows + (hasTrailer ? Self.trailer : [])
        let rows = try CopyReaderTests.rows(Self.binary, pieceSize: pieceSize, bytes)
        #expect(rows == [["A", nil], ["", "BC"]])
    }

    @Test func aHeaderExtensionIsPassedOver() throws {
        let bytes = Self.start + [0, 0, 0, 0, 0, 0, 0, 3] + [9, 9, 9] + Self.rows
        #expect(try CopyReaderTests.rows(Self.binary, pieceSize: 2, bytes).count == 2)
    }

    @Test func aStreamThatBreaksOffIsAnErrorAtEveryPlaceWithinARow() throws {
        let bytes = Self.header + Self.rows + Self.trailer
        // Where a row may begin the stream may end as well.
        let ends = [Self.header.count, Self.header.count + 11, Self.header.count + 23, bytes.count]
        for length in bytes.indices {
            let isWhole = ends.contains(length)
            let result = Result { try CopyReaderTests.rows(Self.binary, Array(bytes[..<length])) }
            #expect(((try? result.get()) != nil) == isWhole, "\(length) bytes")
        }
    }

    static let broken: [(bytes: [UInt8], message: String)] = [
        ([0x50, 0x47] + Array(repeating: 0, count: 20), "COPY file signature not recognized"),
        (start + [0, 1, 0, 0, 0, 0, 0, 0], "invalid COPY file header (WITH OIDS)"),
        (start + [0x80, 0, 0, 0, 0, 0, 0, 0], "unrecognized critical flags in COPY file header"),
        (start + [0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], "invalid COPY file header (wrong length)"),
        (header + [0, 3], "row field count is 3, expected 2"),
        (header + [0xFF, 0xFE], "row field count is -2, expected 2"),
        (header + [0, 2, 0x80, 0, 0, 0], "invalid field size"),
        (header + [0, 2, 0x7F, 0xFF, 0xFF, 0xFF], "a row of COPY's data is longer than 268435456 bytes"),
        (header + trailer + [0], "received copy data after EOF marker"),
    ]

    @Test(arguments: broken.indices)
    func whatIsNotInTheFormatIsAnErrorAtOnce(_ number: Int) throws {
        let (bytes, message) = Self.broken[number]
        var reader = try CopyReader(CopyOptions(Self.binary, isFrom: true), columns: ["a", "b"])
        reader.append(ByteBuffer(bytes: bytes))
        let error = #expect(throws: PostgresError.self) { while try reader.next() {} }
        #expect(error?.message == message)
    }
}
