import TandemLog
import Testing

@testable import TandemReplication

/// The messages of a snapshot's transfer, byte by byte (docs/REPLICATION.md).
@Suite struct SnapshotMessageTests {
    static let node = MessageCodingTests.node
    static let header = SnapshotHeader(
        snapshot: UniqueID(high: 1, low: 2), group: GroupID(node.id),
        position: Position(epoch: MessageCodingTests.epoch, index: 12), databaseSize: 8192, segmentSize: 700,
        checksum: 0xA1B2_C3D4)
    static let messages: [SnapshotMessage] = [
        .preparing(done: 3, total: 9), .header(header, offset: 0), .header(header, offset: 8892),
        .chunk(offset: 4096, bytes: [1, 2, 3]), .refused("no room"),
    ]
    static let requests: [SnapshotRequest] = [
        SnapshotRequest(group: nil, node: node, minimum: 0),
        SnapshotRequest(
            group: GroupID(node.id), node: node, minimum: 9,
            resume: .init(snapshot: UniqueID(high: 1, low: 2), offset: 4096)),
    ]

    private func decode(_ bytes: [UInt8]) throws -> SnapshotMessage {
        let result: Result<SnapshotMessage, any Error> = bytes.withUnsafeBytes { bytes in
            Result { try SnapshotMessage(decoding: bytes) }
        }
        return try result.get()
    }

    @Test(arguments: messages.indices)
    func messageComesBackAsItWas(_ number: Int) throws {
        #expect(try decode(Self.messages[number].encode()) == Self.messages[number])
    }

    @Test(arguments: messages.indices)
    func everyPrefixOfAMessageIsRefused(_ number: Int) {
        let bytes = Self.messages[number].encode()
        for count in bytes.indices {
            #expect(throws: MalformedMessage.self) { try decode(Array(bytes[..<count])) }
        }
        #expect(throws: MalformedMessage.self) { try decode(bytes + [0]) }
    }

    @Test(arguments: requests.indices)
    func requestComesBackAsItWas(_ number: Int) throws {
        let text = ReplicationCommand.snapshot(Self.requests[number]).text
        guard case .snapshot(let request) = try ReplicationCommand(text) else {
            Issue.record("another command")
            return
        }
        #expect(request == Self.requests[number])
        for count in text.indices.dropFirst("TANDEM_SNAPSHOT 1 ".count) where count < text.endIndex {
            #expect(throws: MalformedMessage.self) { try ReplicationCommand(String(text[..<count])) }
        }
    }

    @Test func aChunkIsTheseBytes() {
        #expect(
            SnapshotMessage.chunk(offset: 258, bytes: Array("123456789".utf8)).encode()
                == [
                    0x63,  // c
                    0, 0, 0, 0, 0, 0, 1, 2,  // offset
                    0xE3, 0x06, 0x92, 0x83,  // CRC-32C of the bytes
                    0, 0, 0, 9,  // how many
                ] + Array("123456789".utf8))
    }

    @Test func aHeaderIsTheseBytes() {
        let expected: [UInt8] =
            [0x68]  // h
            + [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]  // the snapshot
            + MessageCodingTests.nodeBytes  // the group
            + [0, 0, 0, 7] + MessageCodingTests.nodeBytes  // epoch
            + [0, 0, 0, 0, 0, 0, 0, 12]  // index
            + [0, 0, 0, 0, 0, 0, 0x20, 0]  // size of the database
            + [0, 0, 0, 0, 0, 0, 2, 0xBC]  // size of the segment's image
            + [0xA1, 0xB2, 0xC3, 0xD4]  // CRC-32C of all
            + [0, 0, 0, 0, 0, 0, 0, 5]  // offset
        #expect(SnapshotMessage.header(Self.header, offset: 5).encode() == expected)
    }

    @Test func impossibleSizesAreRefused() {
        var header = Self.header
        header.databaseSize = .max
        #expect(throws: MalformedMessage.self) { try decode(SnapshotMessage.header(header, offset: 0).encode()) }
        header.databaseSize = 0
        #expect(throws: MalformedMessage.self) { try decode(SnapshotMessage.header(header, offset: 0).encode()) }
        #expect(throws: MalformedMessage.self) {
            try decode(SnapshotMessage.header(Self.header, offset: 8893).encode())
        }
        var chunk = SnapshotMessage.chunk(offset: 0, bytes: [1, 2, 3]).encode()
        chunk.replaceSubrange(13..<17, with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(throws: MalformedMessage.self) { try decode(chunk) }
    }

    @Test func aChunkWithAWrongChecksumIsRefused() throws {
        var bytes = SnapshotMessage.chunk(offset: 0, bytes: [1, 2, 3]).encode()
        for place in 9..<bytes.count {
            bytes[place] ^= 4
            #expect(throws: MalformedMessage.self) { try decode(bytes) }
            bytes[place] ^= 4
        }
    }

    @Test func randomBytesNeverTrap() {
        var random = SeededGenerator(seed: 12)
        for _ in 0..<20_000 {
            var bytes = Self.messages[random.below(Self.messages.count)].encode()
            for _ in 0..<1 + random.below(4) {
                bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = try? decode(bytes)
            _ = SnapshotHeader(storedForm: bytes)
        }
    }

    @Test func theStoredFormOfAHeaderShowsDamage() {
        let bytes = Self.header.storedForm
        #expect(SnapshotHeader(storedForm: bytes) == Self.header)
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= 1
            #expect(SnapshotHeader(storedForm: damaged) == nil)
            #expect(SnapshotHeader(storedForm: Array(bytes[..<place])) == nil)
        }
    }
}
