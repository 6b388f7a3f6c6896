import Testing

@testable import TandemLog

@Suite struct LogFlushTests {
    private let disk = SimulatedFileSystem()

    private func open() throws -> Log {
        let log = try Log.open(
            directory: "/log", group: Samples.group, options: .init(segmentSize: 4096, prepareAhead: false),
            fileSystem: disk
        ).log
        try log.beginFirstEpoch()
        return log
    }

    private func perform(_ flush: LogFlush) -> Result<Void, LogError> {
        Result { () throws(LogError) in try flush.perform() }
    }

    @Test func aFlushCountsWhatWasWrittenWhenItBegan() throws {
        let log = try open()
        #expect(log.beginFlush() == nil)
        try log.append("one")
        let flush = try #require(log.beginFlush())
        let result = perform(flush)
        try log.append("two")
        #expect(log.flushedIndex == 1)
        #expect(try log.endFlush(flush, result) == 2)
        #expect(try log.flush() == 3)
        #expect(log.beginFlush() == nil)
    }

    @Test func aFlushThatIsOvertakenTakesNothingBack() throws {
        let log = try open()
        try log.append("one")
        let early = try #require(log.beginFlush())
        try log.append("two")
        try log.flush()
        #expect(try log.endFlush(early, perform(early)) == 3)
        #expect(log.beginFlush() == nil)
    }

    @Test func aFlushFromBeforeACutSaysNothingOfWhatCameAfter() throws {
        let log = try open()
        try log.append("one", "two")
        let stale = try #require(log.beginFlush())
        let result = perform(stale)
        try log.cut(above: 1, keepingIn: "/kept")
        try log.append("three", "four")
        #expect(try log.endFlush(stale, result) == 1)
        #expect(try log.flush() == 3)
    }

    @Test func aFlushThatFailedMakesTheLogUnusable() throws {
        let log = try open()
        try log.append("one")
        let flush = try #require(log.beginFlush())
        let failure = LogError(.inputOutput, "The disk is gone.")
        #expect(throws: LogError.self) { try log.endFlush(flush, .failure(failure)) }
        #expect(throws: LogError.self) { try log.append("two") }
        #expect(throws: LogError.self) { try log.flush() }
        #expect(log.flushedIndex == 1)
    }
}
