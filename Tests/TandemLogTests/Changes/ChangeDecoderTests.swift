import Testing

@testable import TandemLog

@Suite struct ChangeDecoderTests {
    /// A table `t (id INTEGER PRIMARY KEY, a, b TEXT)`, with one change of each kind, and a WITHOUT ROWID table.
    static let payload = hex(
        """
        01  a table definition
        01 00  table 1, a rowid table
        01 74  its name has one byte: t
        03  three columns
        02 02 69 64 07 49 4e 54 45 47 45 52  the rowid's alias, id, INTEGER
        00 01 61 00  a, no type declared
        00 01 62 04 54 45 58 54  b, TEXT
        02 01 0e 03 07 41 78  insert into table 1, rowid 7: a = 7, b = 'x'
        03 01 0e 00 02 41 78 00  update rowid 7, which stays; the second column changed: 'x' becomes NULL
        03 01 0e 01 10 00  update rowid 7 to 8, no column changed
        04 01 10 03 07 00  delete rowid 8: a was 7, b NULL
        05 03 58 59 5a  a schema change: XYZ
        01 02 01 01 75  a table definition: table 2, WITHOUT ROWID, u
        02 01 01 6b 00 00 01 76 00  two columns: k, in the primary key; v
        03 02 41 61 03 41 61 41 62 01 02  update table 2 where k = 'a': both columns; 'a' becomes 'b', 0 becomes 1
        06 02 05 01 00 00 00 00 00 00 80  content checksum of table 2: 5 rows, the sum
        """)

    static let changes: [Change] = [
        .tableDefinition(
            TableDefinition(
                number: 1, name: "t", kind: .rowid,
                columns: [
                    .init(name: "id", declaredType: "INTEGER", isRowidAlias: true), .init(name: "a"),
                    .init(name: "b", declaredType: "TEXT"),
                ])),
        .insert(table: 1, rowid: 7, values: [.integer(7), .text("x")]),
        .update(
            table: 1, rowid: 7, newRowid: 7, oldKey: [], columns: [.init(column: 1, old: .text("x"), new: .null)]),
        .update(table: 1, rowid: 7, newRowid: 8, oldKey: [], columns: []),
        .delete(table: 1, rowid: 8, oldValues: [.integer(7), .null]),
        .schema("XYZ"),
        .tableDefinition(
            TableDefinition(
                number: 2, name: "u", kind: .withoutRowid,
                columns: [.init(name: "k", isPrimaryKey: true), .init(name: "v")])),
        .update(
            table: 2, rowid: nil, newRowid: nil, oldKey: [.text("a")],
            columns: [
                .init(column: 0, old: .text("a"), new: .text("b")),
                .init(column: 1, old: .integer(0), new: .integer(1)),
            ]),
        .contentChecksum(ContentChecksum(table: 2, rowCount: 5, sum: 0x8000_0000_0000_0001)),
    ]

    @Test func changesAreWrittenAndReadAsTheFormatSays() throws {
        #expect(try hexText(Payload.encode(Self.changes)) == hexText(Self.payload))
        #expect(try Payload.decode(Self.payload) == Self.changes)
    }

    @Test func aPayloadThatIsCutShortEndsAtAChangeOrIsRefused() throws {
        var boundaries = 0
        for length in 0..<Self.payload.count {
            do {
                let changes = try Payload.decode(Array(Self.payload.prefix(length)))
                #expect(changes == Array(Self.changes.prefix(changes.count)))
                boundaries += 1
            } catch let error as LogError {
                #expect(error.code == .malformed && error.offset != nil)
            }
        }
        #expect(boundaries == Self.changes.count)
    }

    @Test(arguments: 0..<4) func randomChangesSurvive(group: UInt64) throws {
        for seed in group * 250..<(group + 1) * 250 {
            var generator = SeededGenerator(seed)
            let changes = generator.transaction()
            #expect(try Payload.decode(Payload.encode(changes)) == changes, "seed \(seed)")
        }
    }

    @Test func randomBytesGiveErrorsAndNothingWorse() throws {
        var refused = 0
        for seed in 0..<10_000 as Range<UInt64> {
            var generator = SeededGenerator(seed)
            // Half of them begin with definitions, so that the rows behind are looked at.
            var bytes = seed % 2 == 0 ? Array(Self.payload.prefix(29)) : []
            bytes += [UInt8(truncatingIfNeeded: 1 + generator.next() % 6), 1]
            bytes += generator.bytes(Int.random(in: 0..<60, using: &generator))
            do { _ = try Payload.decode(bytes) } catch let error as LogError {
                #expect(error.code == .malformed, "seed \(seed)")
                refused += 1
            }
        }
        #expect(refused > 9000)
    }

    @Test func damagedPayloadsGiveErrorsAndNothingWorse() throws {
        for seed in 0..<2_000 as Range<UInt64> {
            var generator = SeededGenerator(seed)
            var bytes = try Payload.encode(generator.transaction())
            for _ in 0..<3 {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            do { _ = try Payload.decode(bytes) } catch let error as LogError { #expect(error.code == .malformed) }
        }
    }

    @Test(arguments: [
        ("01 00 00 01 74 01 00 00 00", "table number 0"),
        ("01 81 80 40 00 01 74 01 00 00 00", "table number 1048577"),
        ("01 ff ff ff ff ff ff ff ff ff 01 00 00", "table number 2^64-1"),
        ("01 01 02 01 74 01 00 00 00", "kind 2"),
        ("01 01 00 01 74 00", "no columns"),
        ("01 01 00 01 74 80 80 02 00 00 00", "32768 columns"),
        ("01 01 00 01 74 ff 7f 00 00 00", "more columns than bytes"),
        ("01 01 00 ff ff ff ff ff ff ff ff ff 01 74", "a name of 2^64-1 bytes"),
        ("01 01 00 01 74 01 04 00 00", "column flags 4"),
        ("01 01 00 01 ff 01 00 00 00", "a name that is no UTF-8"),
        ("02 01 02 00", "a table that is not defined"),
        ("05 80 80 80 80 08", "SQL of 2^31 bytes"),
        ("07", "code 7"),
        ("00", "code 0"),
        ("01 01 00 01 74 01 00 01 61 00 03 01 02 02", "neither changed nor not changed rowid"),
        ("01 01 00 01 74 01 00 01 61 00 03 01 02 00 02 00 00", "a changed column that there is not"),
    ]) func hostileChangesAreRefused(text: String, what: String) {
        #expect(throws: LogError.self, "\(what)") { try Payload.decode(hex(text)) }
    }

    @Test func aRecordThatBeginsASegmentEndsAllDefinitions() throws {
        let decoder = ChangeDecoder()
        let first = try Samples.batch(["a"], behind: LogEnd(index: 1, checksum: 5, epochCounter: 1))
        let second = try Samples.batch(["b"], behind: first.end)
        let third = try RecordBatchTests.flagged(second)
        func read(_ batch: RecordBatch) throws {
            try batch.forEachRecord { record in
                decoder.begin(record)
                while try decoder.next() != nil {}
            }
        }
        try read(first)
        try read(second)
        #expect(decoder.tables.all == [Samples.table])
        #expect(throws: LogError.self) { try read(third) }
    }

    @Test func aDefinitionReplacesTheOneWithItsNumber() throws {
        var definition = Samples.table
        definition.columns.append(.init(name: "added"))
        let changes: [Change] = [
            .tableDefinition(Samples.table), .insert(table: 1, rowid: 1, values: [.null, .null]),
            .tableDefinition(definition), .insert(table: 1, rowid: 2, values: [.null, .null, .integer(5)]),
        ]
        #expect(try Payload.decode(Payload.encode(changes)) == changes)
    }
}
