@testable import TandemLog

/// Things that many tests need.
enum Samples {
    static let group = GroupID(UniqueID(high: 0x0011_2233_4455_4677, low: 0x8899_AABB_CCDD_EEFF))
    static let node = NodeID(UniqueID(high: 0x1011_1213_1415_4617, low: 0x9819_1A1B_1C1D_1E1F))
    static let otherNode = NodeID(UniqueID(high: 0x2021_2223_2425_4627, low: 0xA829_2A2B_2C2D_2E2F))

    static let table = TableDefinition(
        number: 1, name: "book", kind: .rowid,
        columns: [
            .init(name: "id", declaredType: "INTEGER", isRowidAlias: true),
            .init(name: "title", declaredType: "TEXT"),
            .init(name: "price", declaredType: "REAL"),
        ])

    static func members(_ addresses: String...) -> MemberRecord {
        let members = addresses.enumerated().map { offset, address in
            Member(node: NodeID(UniqueID(high: 1, low: UInt64(offset + 1))), address: address)
        }
        return MemberRecord(members: members, acknowledgements: .count(1), mayDegrade: false)
    }

    static func epoch(_ counter: UInt32) -> EpochRecord {
        EpochRecord(
            epoch: Epoch(counter: counter, node: node), promises: [.init(node: node, position: nil)],
            members: members("127.0.0.1:7432"), forced: false)
    }

    /// A batch that begins an epoch.
    static func epochBatch(_ counter: UInt32, behind end: LogEnd, beginsSegment: Bool = false) throws -> RecordBatch {
        var buffer = RecordBuffer()
        try buffer.append(epoch(counter))
        buffer.seal(
            epochCounter: counter, firstIndex: end.index.next, time: 1_000_000, previousChecksum: end.checksum,
            beginsSegment: beginsSegment)
        return try buffer.takeBatch()
    }

    /// A batch of transactions, each of which inserts a row with one of `texts`; the first defines the table if it
    /// begins a segment.
    static func batch(_ texts: [String], behind end: LogEnd, beginsSegment: Bool = false) throws -> RecordBatch {
        var buffer = RecordBuffer()
        for (place, text) in texts.enumerated() {
            buffer.beginRecord(kind: .transaction)
            if place == 0, beginsSegment || end.index <= 1 { buffer.writeTableDefinition(table) }
            buffer.writeInsert(table: 1, rowid: Int64(end.index.rawValue) + Int64(place))
            buffer.write(Value.text(text))
            buffer.write(Value.real(0.5))
            try buffer.endRecord()
        }
        buffer.seal(
            epochCounter: end.epochCounter, firstIndex: end.index.next, time: 2_000_000 + end.index.rawValue,
            previousChecksum: end.checksum, beginsSegment: beginsSegment)
        return try buffer.takeBatch()
    }
}

extension Log {
    /// Begins epoch 1 and flushes.
    func beginFirstEpoch() throws {
        try append(Samples.epochBatch(1, behind: end))
        try flush()
    }

    /// Appends one transaction for each of `texts`.
    func append(_ texts: String...) throws {
        try append(Samples.batch(texts, behind: end, beginsSegment: beginsSegmentNext))
    }

    /// The checksums of all records, in order: equal checksums, equal logs.
    func checksums() throws -> [UInt32] {
        var checksums: [UInt32] = []
        var from = firstIndex
        while let batch = try read(from: from, through: lastIndex) {
            batch.forEachRecord { checksums.append($0.checksum) }
            from = batch.lastIndex.next
        }
        return checksums
    }
}
