import Testing

@testable import TandemLog

@Suite struct LogDamageTests {
    private func open(
        _ disk: SimulatedFileSystem, verifying: Bool = true
    ) throws -> (log: Log, recovery: Recovery) {
        try Log.open(
            directory: "/log", group: Samples.group,
            options: .init(segmentSize: 4096, prepareAhead: false, verifiesOlderSegments: verifying), fileSystem: disk)
    }

    /// A log of two segments whose last batch no mark proves to be flushed.
    private func sample() throws -> (disk: SimulatedFileSystem, checksums: [UInt32], lastBatch: Int) {
        let disk = SimulatedFileSystem()
        let log = try open(disk).log
        try log.beginFirstEpoch()
        while try SegmentName.segments(in: "/log", disk).count < 2 || log.active.offset < 1000 {
            try log.append("text", String(repeating: "z", count: 150))
            try log.flush()
        }
        let lastBatch = log.active.offset
        try log.append("the", "last")
        try log.flush()
        return (disk, try log.checksums(), lastBatch)
    }

    /// Each byte in turn: where a later mark proves that it had been flushed, the log refuses to open and names the
    /// place; in the last batch, which might as well be torn, it is cut and said; behind the end likewise.
    @Test(arguments: 0..<4) func everyFlippedByteOfTheLastSegmentIsFound(part: Int) throws {
        let (disk, checksums, lastBatch) = try sample()
        let path = "/log/" + SegmentName.segment(try SegmentName.segments(in: "/log", disk)[1])
        for place in stride(from: part, to: disk.bytes(of: path).count, by: 4) {
            let damaged = disk.copy()
            damaged.damage(path, at: place, xor: 0x15)
            do {
                let (log, recovery) = try open(damaged)
                let found = try log.checksums()
                let cut = try #require(recovery.cut, "byte \(place) was not noticed")
                #expect(place >= lastBatch && cut.file == path && cut.offset >= lastBatch)
                #expect(found.count >= checksums.count - 2 && found == Array(checksums.prefix(found.count)))
            } catch let error as LogError {
                #expect(place < lastBatch && error.code == .damaged && error.file == path, "byte \(place): \(error)")
                #expect(Int(error.offset ?? .max) <= place)
            }
        }
    }

    @Test func everyFlippedByteOfAnEarlierSegmentIsFoundWhenOpeningAndByReaderAndVerifier() throws {
        let (disk, checksums, _) = try sample()
        let path = "/log/" + SegmentName.segment(1)
        let used = try SegmentTail(
            of: disk.open(path, .read), from: 512, header: SegmentHeader.read(from: disk.open(path, .read)).header,
            fileSize: 4096
        ).usedEnd
        for place in 0..<used {
            let damaged = disk.copy()
            damaged.damage(path, at: place, xor: 0x80)
            let report = try LogVerifier(directory: "/log", fileSystem: damaged).run()
            #expect(report.damage?.code == .damaged && report.damage?.file == path, "byte \(place)")
            #expect(report.damage?.offset.map { Int($0) <= place } == true)
            let opening = #expect(throws: LogError.self) { try open(damaged) }
            #expect(
                opening?.code == .damaged && opening?.file == path && opening?.offset.map { Int($0) <= place } == true)
            let reading = #expect(throws: LogError.self) { try open(damaged, verifying: false).log.checksums() }
            #expect(reading?.code == .damaged && reading?.file == path)
        }
        #expect(
            try LogVerifier(directory: "/log", fileSystem: disk).run().lastIndex == LogIndex(UInt64(checksums.count)))
    }

    @Test func aSegmentThatIsMissingInTheMiddleIsFoundWhenOpening() throws {
        let disk = SimulatedFileSystem()
        let segments: [LogIndex]
        do {
            let log = try open(disk).log
            try log.beginFirstEpoch()
            for number in 0..<200 { try log.append("record \(number) that fills some of its segment") }
            segments = try SegmentName.segments(in: "/log", disk)
            try log.close()
        }
        try #require(segments.count > 3)
        try disk.remove("/log/" + SegmentName.segment(segments[1]))
        let error = #expect(throws: LogError.self) { try open(disk) }
        #expect(error?.code == .damaged && error?.file == "/log/" + SegmentName.segment(segments[2]))
    }

    @Test func aClosedLogHasNoTailThatDamageCouldHideIn() throws {
        let (disk, _, lastBatch) = try sample()
        let end: Int
        do {
            let log = try open(disk).log
            end = log.active.offset
            try log.close()
        }
        let path = "/log/" + SegmentName.segment(try SegmentName.segments(in: "/log", disk)[1])
        for place in lastBatch..<end {
            let damaged = disk.copy()
            damaged.damage(path, at: place, xor: 0x15)
            let error = #expect(throws: LogError.self) { try open(damaged) }
            #expect(error?.code == .damaged && error?.file == path)
        }
    }

    /// User data cannot make a torn tail look like damage: a mark holds only with its file's random number.
    @Test func bytesThatLookLikeAMarkDoNotAccuse() throws {
        let disk = SimulatedFileSystem()
        let path = "/log/" + SegmentName.segment(1)
        let offset: Int
        do {
            let log = try open(disk).log
            try log.beginFirstEpoch()
            var guess = log.active.header
            guess.markSalt = 0
            offset = log.active.offset
            try log.append("unlucky")
            for place in offset..<offset + 300 {
                let mark = BatchMark.encode(knownCommit: 1, at: place + 400, in: guess)
                try log.active.file.write(mark, at: place + 400)
            }
        }
        disk.damage(path, at: offset + 30, xor: 1)
        let recovery = try open(disk).recovery
        #expect(recovery.cut != nil && recovery.lastIndex == 1)
    }

    @Test func aTornTailIsDescribed() throws {
        let disk = SimulatedFileSystem()
        let offset: Int
        do {
            let log = try open(disk).log
            try log.beginFirstEpoch()
            offset = log.active.offset
            try log.append("one")
        }
        disk.damage("/log/" + SegmentName.segment(1), at: offset + 40, xor: 1)
        let report = try LogVerifier(directory: "/log", fileSystem: disk).run()
        #expect(report.isSound && report.tornTail != nil && report.lastIndex == 1)
        let recovery = try open(disk).recovery
        let cut = try #require(recovery.cut)
        #expect(cut.offset == UInt64(offset + 15) && cut.byteCount > 26)
        #expect(recovery.description.contains("checksum of record 2"))
        #expect(try open(disk).recovery.cut == nil)
    }

    /// A segment that is read by itself is judged like the log's last one, but for those beside it.
    @Test func aReaderOfOneSegmentTellsATornTailFromDamage() throws {
        let (disk, checksums, lastBatch) = try sample()
        let segments = try SegmentName.segments(in: "/log", disk).map { "/log/" + SegmentName.segment($0) }
        func read(_ path: String, mayBeTorn: Bool = true) throws -> (last: LogIndex, tail: Recovery.Cut?) {
            let reader = try LogReader(file: path, mayBeTorn: mayBeTorn, fileSystem: disk)
            while try reader.next() != nil {}
            return (reader.nextIndex.previous, reader.tornTail)
        }
        let last = LogIndex(UInt64(checksums.count))
        #expect(try read(segments[1]).last == last && read(segments[1]).tail == nil)
        disk.damage(segments[1], at: lastBatch + 40, xor: 1)
        let torn = try read(segments[1])
        // The batch has two records, the first of which is torn.
        #expect(torn.last == last.previous.previous && torn.tail?.offset == UInt64(lastBatch + 15))
        #expect(throws: LogError.self) { try read(segments[1], mayBeTorn: false) }
        // The last batch of the full one, which no mark in it proves.
        let end = try SegmentContents(of: disk.open(segments[0], .read)).offset
        disk.damage(segments[0], at: end - 1, xor: 1)
        let error = #expect(throws: LogError.self) { try read(segments[0]) }
        #expect(error?.code == .damaged && error?.file == segments[0])
    }
}
