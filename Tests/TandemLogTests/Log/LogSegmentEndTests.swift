import Testing

@testable import TandemLog

/// What becomes of a full segment where a crash leaves nothing of the next one but its header.
@Suite struct LogSegmentEndTests {
    private let path = "/log/" + SegmentName.segment(1)

    private func open(_ disk: SimulatedFileSystem) throws -> (log: Log, recovery: Recovery) {
        try Log.open(
            directory: "/log", group: Samples.group, options: .init(segmentSize: 4096, prepareAhead: false),
            fileSystem: disk)
    }

    /// A full segment, whose last batch is not flushed yet, and a machine that ends after so many operations of the append
    /// that begins the next one.
    ///
    /// - Returns: whether the append and its flush came to their end; where the last batch of the full segment lies; how
    ///   many records were flushed; the checksums of all.
    private func beginSecondSegment(
        on disk: SimulatedFileSystem, operations: Int
    ) throws -> (isDone: Bool, lastBatch: Range<Int>, flushed: LogIndex, checksums: [UInt32]) {
        let log = try open(disk).log
        try log.beginFirstEpoch()
        var lastBatch = log.active.offset
        while !log.beginsSegmentNext {
            try log.flush()
            lastBatch = log.active.offset
            try log.append("text", String(repeating: "z", count: 150))
        }
        let place = lastBatch..<log.active.offset
        let batch = try Samples.batch(["the first of the next"], behind: log.end, beginsSegment: true)
        var checksums = try log.checksums()
        batch.forEachRecord { checksums.append($0.checksum) }
        disk.operationsUntilCrash = operations
        defer { disk.operationsUntilCrash = nil }
        do throws(LogError) {
            try log.append(batch)
            try log.flush()
            return (true, place, log.flushedIndex, checksums)
        } catch {
            #expect(error.code == .inputOutput)
            return (false, place, log.flushedIndex, checksums)
        }
    }

    /// It was flushed, and perhaps acknowledged, before the next segment got its name: that segment's header proves it.
    @Test func damageInTheLastBatchOfAFullSegmentIsNoTornTailWhereTheNextOneHasItsName() throws {
        var headersAlone = 0
        for operations in 0..<12 {
            let disk = SimulatedFileSystem()
            let made = try beginSecondSegment(on: disk, operations: operations)
            let segments = try SegmentName.segments(in: "/log", disk)
            let found = try LogVerifier(directory: "/log", fileSystem: disk).run().lastIndex
            guard segments.count == 2, found == segments[1].previous else { continue }
            headersAlone += 1
            let names = try disk.names(in: "/log")
            for place in made.lastBatch {
                let damaged = disk.copy()
                damaged.damage(path, at: place, xor: 0x15)
                let error = #expect(throws: LogError.self, "byte \(place)") { try open(damaged) }
                #expect(error?.code == .damaged && error?.file == path, "byte \(place)")
                #expect(error?.offset.map { made.lastBatch.contains(Int($0)) && Int($0) <= place } == true)
                #expect(try damaged.names(in: "/log") == names, "a refusal changes nothing")
            }
            #expect(try open(disk.copy()).log.checksums() == made.checksums.dropLast())
        }
        #expect(headersAlone > 0)
    }

    @Test func aLogWhoseNextSegmentIsOfAnotherHistoryIsRefused() throws {
        let disk = SimulatedFileSystem()
        _ = try beginSecondSegment(on: disk, operations: 6)
        let next = try #require(try SegmentName.segments(in: "/log", disk).last)
        let file = try disk.open("/log/" + SegmentName.segment(next), .readWrite)
        var header = try SegmentHeader.read(from: file).header
        header.following.checksum ^= 1
        try file.write(header.encode(), at: 0)
        let error = #expect(throws: LogError.self) { try open(disk) }
        #expect(error?.code == .damaged && error?.file == path)
    }

    /// At each operation by which a segment is begun, whatever of it reaches the disk.
    @Test(arguments: 0..<12) func aCrashWhileASegmentIsBegunLosesNothingAndIsNoDamage(operations: Int) throws {
        for seed in UInt64(0)..<40 {
            let disk = SimulatedFileSystem()
            let made = try beginSecondSegment(on: disk, operations: operations)
            #expect(made.isDone == (operations > 8))
            var generator = SeededGenerator(seed)
            disk.crash(using: &generator)
            let log = try open(disk).log
            let found = try log.checksums()
            #expect(found.count >= Int(made.flushed.rawValue) && found == Array(made.checksums.prefix(found.count)))
            try log.append("goes on")
            try log.close()
            #expect(try LogVerifier(directory: "/log", fileSystem: disk).run().isSound, "seed \(seed)")
        }
    }
}
