@testable import TandemLog

/// What the examples of docs/LOG-FORMAT.md were made from.
enum FormatExample {
    static let members = MemberRecord(
        members: [Member(node: Samples.node, address: "a:1"), Member(node: Samples.otherNode, address: "b:2")],
        acknowledgements: .count(1), mayDegrade: false)

    static let epoch = EpochRecord(
        epoch: Epoch(counter: 1, node: Samples.node),
        promises: [.init(node: Samples.node, position: nil)], members: members, forced: false)

    /// 2021-05-06 22:42:33 UTC in microseconds.
    static let time: UInt64 = 1_620_340_953_000_000

    static let header = SegmentHeader(
        group: Samples.group, following: .empty, markSalt: 0x0102_0304_0506_0708, knownCommit: .zero,
        followingTime: 0, history: EpochHistory(), members: [])

    static func firstBatch() throws -> RecordBatch {
        var buffer = RecordBuffer()
        try buffer.append(epoch)
        buffer.seal(epochCounter: 1, firstIndex: 1, time: time, previousChecksum: 0, beginsSegment: false)
        return try buffer.takeBatch()
    }

    static func secondBatch() throws -> RecordBatch {
        let first = try firstBatch()
        var buffer = RecordBuffer()
        buffer.beginRecord(kind: .transaction)
        buffer.writeTableDefinition(
            TableDefinition(
                number: 1, name: "book", kind: .rowid,
                columns: [
                    .init(name: "id", declaredType: "INTEGER", isRowidAlias: true),
                    .init(name: "title", declaredType: "TEXT"),
                ]))
        buffer.writeInsert(table: 1, rowid: 1)
        buffer.write(Value.text("INIT"))
        try buffer.endRecord()
        buffer.seal(
            epochCounter: 1, firstIndex: 2, time: time + 1, previousChecksum: first.lastChecksum, beginsSegment: false)
        return try buffer.takeBatch()
    }

    /// The used part of a segment file: header, a mark with the epoch record, a mark with a transaction.
    static func segment() throws -> [UInt8] {
        var bytes = header.encode()
        bytes += BatchMark.encode(knownCommit: 0, at: bytes.count, in: header)
        bytes += try firstBatch().bytes
        bytes += BatchMark.encode(knownCommit: 1, at: bytes.count, in: header)
        bytes += try secondBatch().bytes
        return bytes
    }
}
