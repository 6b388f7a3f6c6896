import Testing

@testable import TandemLog

/// The bytes in docs/LOG-FORMAT.md are those that the program writes, and the program reads them.
@Suite struct FormatDocumentTests {
    private let document: FormatDocument

    init() throws { document = try FormatDocument() }

    @Test func theSegmentIsTheOneThatIsWritten() throws {
        let bytes = document.bytes("segment")
        #expect(try hexText(bytes) == hexText(FormatExample.segment() + [0, 0, 0, 0]))
        let disk = SimulatedFileSystem()
        try disk.open("/log/" + SegmentName.segment(1), .create).write(bytes, at: 0)
        let opened = try Log.open(
            directory: "/log", group: Samples.group, knownApplied: 2, options: .init(prepareAhead: false),
            fileSystem: disk)
        #expect(opened.recovery.cut == nil && opened.recovery.knownCommit == 1 && opened.log.lastIndex == 2)
        let batch = try #require(try opened.log.read(from: 2, through: 2))
        var changes: [Change] = []
        let decoder = ChangeDecoder()
        try batch.forEachRecord { record in
            decoder.begin(record)
            while let change = try decoder.next() { changes.append(Change(change, tables: decoder.tables)) }
        }
        #expect(changes.last == .insert(table: 1, rowid: 1, values: [.text("INIT")]))
    }

    @Test func theOffsetsInTheSegmentAreRight() {
        var offset = 0
        var checked = 0
        for line in document.explainedLines("segment") {
            let number = line.explanation.prefix { $0.isNumber }
            // A number alone is a value, not an offset.
            if !number.isEmpty, line.explanation.dropFirst(number.count).hasPrefix(" ") {
                #expect(Int(number) == offset, "\(line.explanation)")
                checked += 1
            }
            offset += line.bytes.count
        }
        #expect(checked > 15)
    }

    @Test func theValuesAreThoseThatAreWritten() {
        let lines = document.explainedLines("values")
        #expect(lines.count == 14)
        for line in lines {
            line.bytes.withUnsafeBytes { bytes in
                var reader = ByteReader(bytes)
                let value = (try? reader.readValue()).map { Value($0) }
                #expect(value?.description == line.explanation && reader.isAtEnd)
                var buffer = RecordBuffer()
                if let value { buffer.write(value) }
                #expect(buffer.withUnsafeBytes { Array($0) } == line.bytes)
            }
        }
    }

    @Test func theChangesAreThoseThatAreWritten() throws {
        #expect(try hexText(document.bytes("changes")) == hexText(Payload.encode(ChangeDecoderTests.changes)))
        #expect(try Payload.decode(document.bytes("changes")) == ChangeDecoderTests.changes)
    }

    @Test func theMemberAndEpochRecordsAreThoseThatAreWritten() {
        #expect(hexText(document.bytes("members")) == hexText(MemberCodecTests.members.encode()))
        #expect(hexText(document.bytes("epoch")) == hexText(MemberCodecTests.epoch.encode()))
    }
}
