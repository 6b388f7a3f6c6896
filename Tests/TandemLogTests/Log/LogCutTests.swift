import Testing

@testable import TandemLog

@Suite struct LogCutTests {
    private func open(_ disk: SimulatedFileSystem) throws -> (log: Log, recovery: Recovery) {
        try Log.open(
            directory: "/log", group: Samples.group, options: .init(segmentSize: 4096, prepareAhead: false),
            fileSystem: disk)
    }

    /// A log of several segments with an epoch in its middle.
    private func sample() throws -> (disk: SimulatedFileSystem, log: Log) {
        let disk = SimulatedFileSystem()
        let log = try open(disk).log
        try log.beginFirstEpoch()
        for number in 0..<20 {
            try log.append("first \(number)", String(repeating: "z", count: 150))
            try log.flush()
        }
        try log.append(Samples.epochBatch(2, behind: log.end, beginsSegment: log.beginsSegmentNext))
        for number in 0..<20 {
            // The new reign defines its table anew.
            try log.append(
                Samples.batch(
                    ["second \(number)", String(repeating: "z", count: 150)], behind: log.end,
                    beginsSegment: log.beginsSegmentNext))
            try log.flush()
        }
        return (disk, log)
    }

    @Test(arguments: [0, 1, 5, 41, 42, 60, 80, 81] as [UInt64])
    func aCutLeavesThePrefixAndKeepsTheRest(above index: UInt64) throws {
        let (disk, log) = try sample()
        let checksums = try log.checksums()
        #expect(checksums.count == 82)
        let path = try #require(try log.cut(above: LogIndex(index), keepingIn: "/kept"))
        #expect(path == "/kept/divergent-2-\(index + 1).log")
        #expect(try log.checksums() == Array(checksums.prefix(Int(index))))
        #expect(log.lastIndex == LogIndex(index) && log.flushedIndex == LogIndex(index))
        #expect(log.lastEpochCounter == (index == 0 ? 0 : index <= 41 ? 1 : 2))
        #expect(log.history.entries.count == Int(log.lastEpochCounter))
        #expect(log.memberRecords.last?.index == (index == 0 ? nil : index <= 41 ? 1 : 42))
        // The tail kept can be read like a segment, and goes on where the log ends.
        let reader = try KeptTail(path, disk)
        #expect(reader.header.following == log.end && reader.checksums == Array(checksums.dropFirst(Int(index))))
        let report = try LogVerifier(directory: "/log", fileSystem: disk).run()
        #expect(report.isSound && report.tornTail == nil)
        #expect(try disk.names(in: "/log").allSatisfy { !$0.hasPrefix("cut") })
        try log.append(Samples.epochBatch(3, behind: log.end))
        try log.append("third")
        try log.flush()
        #expect(try log.checksums().count == Int(index) + 2)
    }

    @Test func nothingToCutIsNoCut() throws {
        let (disk, log) = try sample()
        let operations = disk.operationCount
        #expect(try log.cut(above: 82, keepingIn: "/kept") == nil)
        #expect(try log.cut(above: 90, keepingIn: "/kept") == nil)
        #expect(disk.operationCount == operations)
    }

    @Test func aSecondCutAtOnePlaceIsKeptBesideTheFirst() throws {
        let (disk, log) = try sample()
        try log.cut(above: 50, keepingIn: "/kept")
        try log.append("other")
        #expect(try log.cut(above: 50, keepingIn: "/kept") == "/kept/divergent-2-51-2.log")
        #expect(try disk.names(in: "/kept") == ["divergent-2-51-2.log", "divergent-2-51.log"])
    }

    /// The machine crashes at each operation of a cut and of the append behind it, with every kind of loss; what was
    /// cut never comes back behind what was written in its place.
    @Test(arguments: [1, 30, 41, 75, 80] as [UInt64])
    func aCrashAtAnyStepLeavesTheLogWholeOrCut(above index: UInt64) throws {
        let (source, log) = try sample()
        let before = try log.checksums()
        withExtendedLifetime(log) {}
        var finishedCuts = 0
        for operations in 0..<60 {
            for seed in 0..<6 as Range<UInt64> {
                var generator = SeededGenerator(seed << 8 + UInt64(operations))
                let disk = source.copy()
                let fresh = try open(disk).log
                disk.operationsUntilCrash = operations
                var after: [UInt32] = Array(before.prefix(Int(index)))
                var flushed = false
                do {
                    try fresh.cut(above: LogIndex(index), keepingIn: "/kept")
                    let epoch = try Samples.epochBatch(7, behind: fresh.end)
                    epoch.forEachRecord { after.append($0.checksum) }
                    try fresh.append(epoch)
                    let batch = try Samples.batch(
                        [String(repeating: "n", count: Int(seed) * 37)], behind: fresh.end, beginsSegment: true)
                    batch.forEachRecord { after.append($0.checksum) }
                    try fresh.append(batch)
                    try fresh.flush()
                    flushed = true
                } catch let error as LogError {
                    try #require(error.code == .inputOutput, "\(error)")
                }
                disk.crash(using: &generator)
                let (opened, recovery) = try open(disk)
                if recovery.finishedCut { finishedCuts += 1 }
                let found = try opened.checksums()
                let isUncut = found == before && !flushed
                let isCut = found.count >= Int(index) && found == Array(after.prefix(found.count))
                #expect(isUncut || (isCut && (!flushed || found == after)), "step \(operations), seed \(seed)")
                #expect(try LogVerifier(directory: "/log", fileSystem: disk).run().isSound)
            }
        }
        // The crashes must have met cuts half done.
        #expect(finishedCuts > 5)
    }
}

/// A tail that a cut has kept, read whole.
private struct KeptTail {
    let header: SegmentHeader
    var checksums: [UInt32] = []

    init(_ path: String, _ disk: SimulatedFileSystem) throws {
        let scanner = try SegmentScanner(disk.open(path, .read))
        header = scanner.header
        while case .record(let record) = try scanner.next() { checksums.append(record.checksum) }
    }
}
