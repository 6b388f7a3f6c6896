import Testing

@testable import TandemLog

@Suite struct SegmentHeaderTests {
    static func sample() throws -> SegmentHeader {
        var history = EpochHistory()
        history.begin(Epoch(counter: 1, node: Samples.node), at: 1)
        history.begin(Epoch(counter: 3, node: Samples.otherNode), at: 40)
        return SegmentHeader(
            group: Samples.group, following: LogEnd(index: 99, checksum: 0xA1B2_C3D4, epochCounter: 3),
            markSalt: 0x1112_1314_1516_1718, knownCommit: 98, followingTime: 0x0506, history: history,
            members: [.init(index: 40, record: Samples.members("a:1"))])
    }

    private func read(_ bytes: [UInt8]) throws -> (header: SegmentHeader, size: Int) {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/f", .create)
        try file.write(bytes, at: 0)
        return try SegmentHeader.read(from: file)
    }

    @Test func headersSurvive() throws {
        let header = try Self.sample()
        let bytes = header.encode()
        #expect(bytes.count == 512)
        let (copy, size) = try read(bytes + [1, 2, 3])
        #expect(copy == header && size == 512)
    }

    @Test func aLongHistoryTakesMoreSectors() throws {
        var header = try Self.sample()
        for counter in 4..<1000 as Range<UInt32> {
            header.history.begin(Epoch(counter: counter, node: Samples.node), at: LogIndex(UInt64(counter) * 50))
        }
        let bytes = header.encode()
        #expect(bytes.count % 512 == 0 && bytes.count > 27_000)
        #expect(try read(bytes).header == header)
    }

    @Test func everyFlippedByteOfAHeaderIsDamage() throws {
        let bytes = try Self.sample().encode()
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= 1
            let error = #expect(throws: LogError.self, "byte \(place)") { try read(damaged) }
            #expect(error?.code == .damaged && error?.file == "/f")
        }
    }

    @Test func aHeaderThatIsCutShortIsDamage() throws {
        let bytes = try Self.sample().encode()
        for length in 0..<bytes.count {
            #expect(throws: LogError.self) { try read(Array(bytes.prefix(length))) }
        }
    }

    @Test func aLaterVersionIsRefusedByName() throws {
        var bytes = try Self.sample().encode()
        bytes[8] = 2
        let checksum = bytes.dropLast(4).withUnsafeBytes { Checksum.crc32c($0) }
        withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(508..<512, with: $0) }
        let error = #expect(throws: LogError.self) { try read(bytes) }
        #expect(error?.code == .unsupportedVersion)
    }

    @Test func hostileCountsWithAGoodChecksumAreDamage() throws {
        for place in [72, 76] {
            for byte in [UInt8(3), 0xFF] {
                var bytes = try Self.sample().encode()
                bytes.replaceSubrange(place..<place + 4, with: [byte, byte, byte, byte])
                let checksum = bytes.dropLast(4).withUnsafeBytes { Checksum.crc32c($0) }
                withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(508..<512, with: $0) }
                let error = #expect(throws: LogError.self) { try read(bytes) }
                #expect(error?.code == .damaged)
            }
        }
    }

    @Test func aMarkIsValidAtItsPlaceInItsFileAlone() throws {
        let header = try Self.sample()
        let mark = BatchMark.encode(knownCommit: 0x0605_0403_0201, at: 5000, in: header)
        #expect(mark.count == 15)
        #expect(hexText(Array(mark[0..<4])) == "07 00 00 00")
        #expect(hexText(Array(mark[8...])) == "00 01 02 03 04 05 06")
        func decode(_ bytes: [UInt8], at offset: Int, in header: SegmentHeader) -> LogIndex? {
            bytes.withUnsafeBytes { BatchMark.decode($0, at: offset, in: header) }
        }
        #expect(decode(mark, at: 5000, in: header) == 0x0605_0403_0201)
        #expect(decode(mark, at: 5001, in: header) == nil)
        var other = header
        other.markSalt += 1
        #expect(decode(mark, at: 5000, in: other) == nil)
        other = header
        other.following.index = 100
        #expect(decode(mark, at: 5000, in: other) == nil)
        for length in 0..<15 { #expect(decode(Array(mark.prefix(length)), at: 5000, in: header) == nil) }
        for place in 0..<15 {
            var damaged = mark
            damaged[place] ^= 0x10
            #expect(decode(damaged, at: 5000, in: header) == nil)
        }
    }

    @Test func onlySegmentsHaveSegmentNames() {
        #expect(SegmentName.segment(0x1A2B) == "0000000000001a2b.tandemlog")
        #expect(SegmentName.firstIndex("0000000000001a2b.tandemlog") == 0x1A2B)
        for name in [
            "next.prepared", "1a2b.tandemlog", "0000000000001A2B.tandemlog", "-000000000001a2b.tandemlog", "LOCK",
        ] {
            #expect(SegmentName.firstIndex(name) == nil)
        }
    }
}
