import Testing

@testable import TandemLog

@Suite struct MemberCodecTests {
    static let members = MemberRecord(
        members: [
            Member(node: Samples.node, address: "a:1"), Member(node: Samples.otherNode, address: ""),
        ], acknowledgements: .count(1), mayDegrade: true)

    static let memberBytes = hex(
        """
        00 01  so many acknowledgements: 1
        01  may degrade
        02  two members
        10 11 12 13 14 15 46 17 98 19 1a 1b 1c 1d 1e 1f  the first one's UUID, as it is written
        03 61 3a 31  its address: a:1
        20 21 22 23 24 25 46 27 a8 29 2a 2b 2c 2d 2e 2f  the second one's UUID
        00  its address is empty
        """)

    static let epoch = EpochRecord(
        epoch: Epoch(counter: 5, node: Samples.node),
        promises: [
            .init(node: Samples.node, position: nil),
            .init(
                node: Samples.otherNode,
                position: Position(epoch: Epoch(counter: 4, node: Samples.otherNode), index: 513)),
        ], members: members, forced: true)

    static let epochBytes =
        hex(
            """
            05 00 00 00  the epoch's counter
            10 11 12 13 14 15 46 17 98 19 1a 1b 1c 1d 1e 1f  its node
            01  forced
            02  two promises
            10 11 12 13 14 15 46 17 98 19 1a 1b 1c 1d 1e 1f 00  the first one's node had an empty log
            20 21 22 23 24 25 46 27 a8 29 2a 2b 2c 2d 2e 2f 01  the second one's had records
            04 00 00 00 20 21 22 23 24 25 46 27 a8 29 2a 2b 2c 2d 2e 2f  the last of epoch 4 of that node
            01 02 00 00 00 00 00 00  with the index 513
            """) + memberBytes

    private func members(_ bytes: [UInt8]) throws -> MemberRecord {
        try bytes.withUnsafeBytes { try MemberRecord(decoding: $0) }
    }
    private func epoch(_ bytes: [UInt8]) throws -> EpochRecord {
        try bytes.withUnsafeBytes { try EpochRecord(decoding: $0) }
    }

    @Test func recordsAreWrittenAndReadAsTheFormatSays() throws {
        #expect(hexText(Self.members.encode()) == hexText(Self.memberBytes))
        #expect(try members(Self.memberBytes) == Self.members)
        #expect(hexText(Self.epoch.encode()) == hexText(Self.epochBytes))
        #expect(try epoch(Self.epochBytes) == Self.epoch)
    }

    @Test(arguments: [AcknowledgementRule.count(0), .count(1024), .majority, .all])
    func everyRuleSurvives(rule: AcknowledgementRule) throws {
        let record = MemberRecord(members: [], acknowledgements: rule, mayDegrade: false)
        #expect(try members(record.encode()) == record)
        let forced = MemberRecord(members: [], acknowledgements: rule, mayDegrade: true, forced: true)
        #expect(try members(forced.encode()) == forced && forced != record)
        #expect(AcknowledgementRule(rule.description) == rule)
    }

    @Test func recordsThatAreCutShortOrTooLongAreRefused() {
        for length in 0..<Self.memberBytes.count {
            #expect(throws: LogError.self) { try members(Array(Self.memberBytes.prefix(length))) }
        }
        for length in 0..<Self.epochBytes.count {
            #expect(throws: LogError.self) { try epoch(Array(Self.epochBytes.prefix(length))) }
        }
        #expect(throws: LogError.self) { try members(Self.memberBytes + [0]) }
        #expect(throws: LogError.self) { try epoch(Self.epochBytes + [0]) }
    }

    @Test(arguments: [
        "03 00 00", "00 81 08 00 00", "01 04 00", "01 00 81 08", "01 00 ff ff ff ff ff ff ff ff ff 01",
        "01 00 01 10 11 12 13 14 15 46 17 98 19 1a 1b 1c 1d 1e 1f ff ff ff ff ff ff ff ff ff 01",
    ]) func hostileMembersAreRefused(text: String) {
        #expect(throws: LogError.self) { try members(hex(text)) }
    }

    @Test func randomBytesGiveErrorsAndNothingWorse() {
        for seed in 0..<10_000 as Range<UInt64> {
            var generator = SeededGenerator(seed)
            let bytes = generator.bytes(Int.random(in: 0..<90, using: &generator))
            _ = try? members([UInt8(seed % 3), 1, 0, 3] + bytes)
            _ = try? epoch(Array(Self.epochBytes.prefix(Int(seed % 80))) + bytes)
        }
    }

    @Test(arguments: [
        (AcknowledgementRule.count(0), 3, 0), (.count(2), 3, 2), (.majority, 0, 1), (.majority, 1, 1),
        (.majority, 2, 1),
        (.majority, 3, 2), (.majority, 4, 2), (.majority, 5, 3), (.all, 0, 1), (.all, 1, 1), (.all, 4, 4),
    ]) func aRuleAsksForSoMany(rule: AcknowledgementRule, replicas: Int, required: Int) {
        #expect(rule.required(replicas: replicas) == required)
        let record = MemberRecord(
            members: (0...replicas).map { Member(node: NodeID(UniqueID(high: 1, low: UInt64($0))), address: "") },
            acknowledgements: rule, mayDegrade: false)
        #expect(record.requiredAcknowledgements == required)
    }

    @Test(arguments: ["-1", "some", "", "1.5"]) func whatIsNoRuleIsRefused(text: String) {
        #expect(AcknowledgementRule(text) == nil)
    }
}
