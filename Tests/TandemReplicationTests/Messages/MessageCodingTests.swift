import TandemLog
import Testing

@testable import TandemReplication

/// The messages, byte by byte (docs/REPLICATION.md).
@Suite struct MessageCodingTests {
    static let node = NodeID(UniqueID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10))
    static let epoch = Epoch(counter: 7, node: node)
    static let number = ConnectionNumber(incarnation: 2, count: 3)
    static let nodeBytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]

    static let members = MemberRecord(
        members: [Member(node: node, address: "one:1")], acknowledgements: .count(1), mayDegrade: false)

    static let messages: [ReplicationMessage] = [
        .accept(
            Accept(
                group: GroupID(node.id), epoch: epoch, number: number, common: 10, commit: 9, first: 1,
                acknowledged: 8)),
        .refused(Refused(reason: .epochTooLow, promised: epoch, primary: "two:2")),
        .refused(Refused(reason: .notPrimary, promised: nil)),
        .keepalive(Keepalive(epoch: epoch, number: number, last: 12, commit: 11, clock: 13)),
        .takeOver(TakeOver(epoch: epoch, number: number, last: 12)),
        .acknowledgement(
            Acknowledgement(
                epoch: epoch, number: number, written: 12, flushed: 11, applied: 10, whole: true, sound: false,
                delayed: true, echo: 13)),
        .promiseAnswer(
            PromiseAnswer(
                node: node, epoch: epoch, survey: false,
                outcome: .promised(
                    .init(
                        position: Position(epoch: epoch, index: 5), committed: Position(epoch: epoch, index: 4),
                        memberRecords: [PlacedMemberRecord(index: 3, record: members)])))),
        .promiseAnswer(
            PromiseAnswer(
                node: node, epoch: epoch, survey: true,
                outcome: .refused(Refused(reason: .superseded, promised: epoch)))),
    ]

    static let commands: [ReplicationCommand] = [
        .identifySystem,
        .startReplication(
            Connect(
                group: GroupID(node.id), node: node, address: "one:1", number: number, promised: epoch, whole: true,
                history: EpochHistory([.init(epoch: epoch, firstIndex: 1)])!, last: 12, commit: 11)),
        .startReplication(
            Connect(
                group: nil, node: node, address: "one:1", number: number, promised: nil, whole: false,
                history: EpochHistory(), last: 0, commit: 0)),
        .promise(
            PromiseRequest(
                kind: .start(reign: epoch), group: GroupID(node.id), node: node, address: "one:1", epoch: epoch,
                survey: true)),
        .promise(
            PromiseRequest(
                kind: .announcement, group: GroupID(node.id), node: node, address: "one:1", epoch: epoch,
                survey: false)),
    ]

    private func decode(_ bytes: [UInt8]) throws -> ReplicationMessage {
        let result: Result<ReplicationMessage, any Error> = bytes.withUnsafeBytes { bytes in
            Result { try ReplicationMessage(decoding: bytes) }
        }
        return try result.get()
    }

    @Test(arguments: messages.indices)
    func messageComesBackAsItWas(_ number: Int) throws {
        let message = Self.messages[number]
        #expect(try decode(message.encode()) == message)
    }

    @Test(arguments: messages.indices)
    func everyPrefixOfAMessageIsRefused(_ number: Int) {
        let bytes = Self.messages[number].encode()
        for count in bytes.indices {
            #expect(throws: MalformedMessage.self) { try decode(Array(bytes[..<count])) }
        }
        #expect(throws: MalformedMessage.self) { try decode(bytes + [0]) }
    }

    @Test func randomBytesNeverTrap() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<20_000 {
            var bytes = Self.messages[random.below(Self.messages.count)].encode()
            for _ in 0..<1 + random.below(4) {
                bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = try? decode(bytes)
        }
    }

    @Test func keepaliveByByte() {
        let keepalive = Keepalive(epoch: Self.epoch, number: Self.number, last: 12, commit: 11, clock: 13)
        let expected: [UInt8] =
            [0x6B]  // 'k'
            + [0, 0, 0, 7] + Self.nodeBytes  // the epoch: counter, node
            + [0, 0, 0, 2, 0, 0, 0, 3]  // the connection's number: incarnation, count
            + [0, 0, 0, 0, 0, 0, 0, 12]  // the last index
            + [0, 0, 0, 0, 0, 0, 0, 11]  // the commit index
            + [0, 0, 0, 0, 0, 0, 0, 13]  // the primary's clock
        #expect(ReplicationMessage.keepalive(keepalive).encode() == expected)
    }

    @Test func takeOverByByte() {
        let expected: [UInt8] =
            [0x74]  // 't'
            + [0, 0, 0, 7] + Self.nodeBytes + [0, 0, 0, 2, 0, 0, 0, 3]  // epoch, connection
            + [0, 0, 0, 0, 0, 0, 0, 12]  // the last index
        #expect(
            ReplicationMessage.takeOver(TakeOver(epoch: Self.epoch, number: Self.number, last: 12)).encode() == expected
        )
    }

    @Test func acknowledgementByByte() {
        let acknowledgement = Acknowledgement(
            epoch: Self.epoch, number: Self.number, written: 12, flushed: 11, applied: 10, whole: true, echo: 13)
        let expected: [UInt8] =
            [0x72]  // 'r'
            + [0, 0, 0, 7] + Self.nodeBytes + [0, 0, 0, 2, 0, 0, 0, 3]  // epoch, connection
            + [0, 0, 0, 0, 0, 0, 0, 12]  // written
            + [0, 0, 0, 0, 0, 0, 0, 11]  // flushed
            + [0, 0, 0, 0, 0, 0, 0, 10]  // applied
            + [1]  // whole
            + [1]  // sound
            + [0]  // delayed
            + [0, 0, 0, 0, 0, 0, 0, 13]  // the clock echoed
        #expect(ReplicationMessage.acknowledgement(acknowledgement).encode() == expected)
    }

    @Test func recordsHeaderByByte() throws {
        let header = RecordsHeader(
            epoch: Self.epoch, number: Self.number, first: 5, last: 6, commit: 4, clock: 13, total: 0x0102_0304,
            offset: 0x100)
        let expected: [UInt8] =
            [0x77]  // 'w'
            + [0, 0, 0, 7] + Self.nodeBytes + [0, 0, 0, 2, 0, 0, 0, 3]  // epoch, connection
            + [0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 6]  // first and last index
            + [0, 0, 0, 0, 0, 0, 0, 4]  // the commit index
            + [0, 0, 0, 0, 0, 0, 0, 13]  // the primary's clock
            + [1, 2, 3, 4]  // bytes of the whole batch
            + [0, 0, 1, 0]  // where this frame begins in it
        #expect(header.encode() == expected)
        #expect(expected.count == RecordsHeader.encodedSize)
        let bytes = expected + [0xAA, 0xBB]
        try bytes.withUnsafeBytes { bytes in
            let (decoded, records) = try RecordsHeader.decode(bytes)
            #expect(decoded == header)
            #expect(Array(records) == [0xAA, 0xBB])
        }
    }

    @Test(arguments: commands.indices)
    func commandComesBackAsItWas(_ number: Int) throws {
        let text = Self.commands[number].text
        #expect(try ReplicationCommand(text).text == text)
    }

    @Test(arguments: commands.indices)
    func everyPrefixOfACommandIsRefused(_ number: Int) {
        let text = Self.commands[number].text
        for count in 0..<text.count where text.prefix(count) != "IDENTIFY_SYSTEM" {
            #expect(throws: MalformedMessage.self) { try ReplicationCommand(String(text.prefix(count))) }
        }
    }

    @Test func aCascadeAsksWithAWordMore() throws {
        guard case .startReplication(var connect) = Self.commands[1] else { return }
        connect.cascades = true
        let text = ReplicationCommand.startReplication(connect).text
        #expect(text == Self.commands[1].text + " CASCADE", "an older node refuses it")
        guard case .startReplication(let read) = try ReplicationCommand(text) else { return }
        #expect(read == connect)
        for wrong in ["CASCADES", "CASCADE CASCADE"] {
            #expect(throws: MalformedMessage.self) {
                try ReplicationCommand("\(Self.commands[1].text) \(wrong)")
            }
        }
    }

    @Test func unknownVersionIsNamed() {
        #expect(throws: MalformedMessage.self) { try ReplicationCommand("START_REPLICATION TANDEM 9 00") }
    }
}
