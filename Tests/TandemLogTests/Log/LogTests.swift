import Testing

@testable import TandemLog

@Suite struct LogTests {
    private let disk = SimulatedFileSystem()

    private func open(knownApplied: LogIndex = 0, segmentSize: Int = 8192) throws -> (log: Log, recovery: Recovery) {
        try Log.open(
            directory: "/log", group: Samples.group, knownApplied: knownApplied,
            options: .init(segmentSize: segmentSize, prepareAhead: false), fileSystem: disk)
    }

    @Test func aNewLogIsEmpty() throws {
        let (log, recovery) = try open()
        #expect(log.lastIndex == .zero && log.flushedIndex == .zero && log.firstIndex == 1)
        #expect(log.end == .empty && log.history.entries.isEmpty && log.memberRecords.isEmpty)
        #expect(recovery.cut == nil && !recovery.finishedCut)
        #expect(try log.read(from: 1, through: 10) == nil)
    }

    @Test func whatWasFlushedIsThereAfterReopening() throws {
        let checksums: [UInt32]
        let end: LogEnd
        do {
            let log = try open().log
            try log.beginFirstEpoch()
            try log.append("one", "two")
            #expect(log.flushedIndex == 1 && log.lastIndex == 3)
            #expect(try log.flush() == 3)
            try log.append("three")
            try log.flush()
            (checksums, end) = (try log.checksums(), log.end)
        }
        let (log, recovery) = try open()
        #expect(log.end == end && log.flushedIndex == 4)
        #expect(try log.checksums() == checksums)
        #expect(recovery.cut == nil && recovery.lastIndex == 4)
        #expect(log.history.lastEpoch == Epoch(counter: 1, node: Samples.node))
        #expect(log.memberRecords.map(\.index) == [1])
        #expect(log.lastTime == 2_000_003)
    }
}
