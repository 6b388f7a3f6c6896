import Testing

@testable import TandemLog

@Suite struct LogTests {
    private let disk = SimulatedFileSystem()

    private func open(
        group: GroupID = Samples.group, knownApplied: LogIndex = 0, segmentSize: Int = 8192
    ) throws -> (log: Log, recovery: Recovery) {
        try Log.open(
            directory: "/log", group: group, knownApplied: knownApplied,
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

    @Test func anAppendIsOneWriteAndAFlushOneFlush() throws {
        let log = try open().log
        try log.beginFirstEpoch()
        let (writes, flushes) = (disk.writeCount, disk.flushCount)
        try log.append("one", "two", "three")
        #expect(disk.writeCount == writes + 1 && disk.flushCount == flushes)
        try log.flush()
        try log.flush()
        #expect(disk.flushCount == flushes + 1)
    }

    @Test func theCommitIndexIsRememberedByMarksAndByClosing() throws {
        do {
            let log = try open().log
            try log.beginFirstEpoch()
            try log.append("one")
            try log.flush()
            try log.append(Samples.batch(["two"], behind: log.end), knownCommit: 2)
            try log.flush()
            #expect(log.knownCommit == 2)
            // What is not durable here is not remembered as committed.
            try log.append(Samples.batch(["three"], behind: log.end), knownCommit: 9)
            #expect(log.knownCommit == 3)
        }
        do {
            let (log, recovery) = try open()
            #expect(recovery.knownCommit == 3)
            try log.close(knownCommit: 4)
        }
        #expect(try open().recovery.knownCommit == 4)
    }

    @Test func recordsThatDoNotFollowAreRefusedAndNothingChanges() throws {
        let log = try open().log
        try log.beginFirstEpoch()
        try log.append("one")
        let end = log.end
        let gap = try Samples.batch(["x"], behind: LogEnd(index: 3, checksum: end.checksum, epochCounter: 1))
        let foreign = try Samples.batch(["x"], behind: LogEnd(index: 2, checksum: end.checksum ^ 1, epochCounter: 1))
        let oldEpoch = try Samples.epochBatch(1, behind: end)
        let unannounced = try Samples.batch(["x"], behind: LogEnd(index: 2, checksum: end.checksum, epochCounter: 2))
        for batch in [gap, foreign, oldEpoch, unannounced] {
            let error = #expect(throws: LogError.self) { try log.append(batch) }
            #expect(error?.code == .notFollowing)
        }
        #expect(log.end == end && log.failure == nil)
        try log.append("two")
        try log.append(Samples.epochBatch(2, behind: log.end))
        #expect(log.history.entries.count == 2 && log.lastEpochCounter == 2)
    }

    @Test func aFullSegmentIsFollowedByTheNext() throws {
        var ordinals: Set<UInt64> = []
        let checksums: [UInt32]
        do {
            let log = try open().log
            try log.beginFirstEpoch()
            for number in 0..<100 {
                try log.append("text \(number) " + String(repeating: "x", count: 200))
                try log.flush()
                ordinals.insert(log.segmentOrdinal)
            }
            checksums = try log.checksums()
            #expect(checksums.count == 101)
        }
        let segments = try SegmentName.segments(in: "/log", disk)
        #expect(segments.count > 3 && ordinals == Set(segments.map(\.rawValue)))
        let log = try open().log
        #expect(try log.checksums() == checksums)
        #expect(log.history.entries.count == 1 && log.memberRecords.map(\.index) == [1])
        // Every segment begins with a flagged record that defines its table, so it can be read alone.
        for first in segments.dropFirst() {
            let reader = try LogReader(directory: "/log", from: first, fileSystem: disk)
            #expect(reader.tables.all.isEmpty)
            let batch = try #require(try reader.next(through: first))
            let decoder = ChangeDecoder()
            batch.forEachRecord { record in
                #expect(record.beginsSegment)
                decoder.begin(record)
                #expect(throws: Never.self) { while try decoder.next() != nil {} }
            }
            #expect(decoder.tables.all == [Samples.table])
        }
    }

    @Test func aBatchWithAFlagInItsMiddleIsSplitWhereTheFlagIs() throws {
        let source = try open().log
        try source.beginFirstEpoch()
        for number in 0..<60 { try source.append("text \(number) " + String(repeating: "x", count: 200)) }
        try source.flush()
        let all = try #require(try source.read(from: 1, through: 61, maximumBytes: 1 << 20))
        var parts: [RecordBatch] = [all]
        while let next = try source.read(from: parts[parts.count - 1].lastIndex.next, through: 61) {
            parts.append(next)
        }
        var bytes: [UInt8] = []
        for part in parts { bytes += part.bytes }
        let whole = try RecordBatch(copying: bytes, following: .empty)
        #expect(whole.count == 61)
        let copy = try Log.open(
            directory: "/copy", group: Samples.group, options: .init(segmentSize: 1 << 20, prepareAhead: false),
            fileSystem: disk
        ).log
        try copy.append(whole)
        try copy.flush()
        #expect(try copy.checksums() == source.checksums())
        #expect(try SegmentName.segments(in: "/copy", disk) == SegmentName.segments(in: "/log", disk))
    }

    @Test func aRecordLargerThanASegmentGoesThrough() throws {
        let text = String(repeating: "y", count: 50_000)
        let checksums: [UInt32]
        do {
            let log = try open().log
            try log.beginFirstEpoch()
            try log.append(text)
            #expect(log.beginsSegmentNext)
            try log.append("behind it")
            #expect(!log.beginsSegmentNext && log.segmentOrdinal == 3)
            try log.flush()
            checksums = try log.checksums()
        }
        let log = try open().log
        #expect(try log.checksums() == checksums && checksums.count == 3)
    }

    @Test func aFailedFlushIsNeverForgotten() throws {
        let log = try open().log
        try log.beginFirstEpoch()
        try log.append("one")
        disk.flushesFail = true
        #expect(throws: LogError.self) { try log.flush() }
        disk.flushesFail = false
        #expect(log.flushedIndex == 1)
        for _ in 0..<2 {
            let error = #expect(throws: LogError.self) { try log.flush() }
            #expect(error?.code == .failed && error?.errorNumber == 5)
            #expect(throws: LogError.self) { try log.append("two") }
            #expect(throws: LogError.self) { try log.cut(above: 1, keepingIn: "/kept") }
        }
        // What is known to be durable can still be read.
        #expect(try log.read(from: 1, through: 1)?.count == 1)
    }

    /// An open file takes everything although its directory is gone; the next start would find no log.
    @Test func aLogThatWasMovedAwayTakesNoMore() throws {
        let log = try open().log
        try log.beginFirstEpoch()
        try log.append("one")
        let path = log.active.file.path
        try disk.rename(path, to: "/elsewhere")
        #expect(throws: LogError.self) { try log.flush() }
        #expect(log.flushedIndex == 1)
        try disk.rename("/elsewhere", to: path)
        let error = #expect(throws: LogError.self) { try log.flush() }
        #expect(error?.code == .failed, "what happened meanwhile is not known")
    }

    /// The system may call the bytes clean that a failed flush did not write: opening must write them again.
    @Test func afterAFailedFlushReopeningMakesTheTailDurableByWritingItAgain() throws {
        do {
            let log = try open().log
            try log.beginFirstEpoch()
            try log.append("one")
            disk.flushesFail = true
            #expect(throws: LogError.self) { try log.flush() }
            disk.flushesFail = false
        }
        #expect(try open().log.flushedIndex == 2)
        var generator = SeededGenerator(1)
        disk.crash(using: &generator)
        #expect(try open().log.lastIndex == 2)
    }

    @Test func aFullDiskStopsTheLogAndNothingHalfWrittenIsReadLater() throws {
        for room in stride(from: 8190, through: 8500, by: 10) {
            let disk = SimulatedFileSystem()
            func open() throws -> Log {
                try Log.open(
                    directory: "/log", group: Samples.group, options: .init(segmentSize: 8192, prepareAhead: false),
                    fileSystem: disk
                ).log
            }
            var appended: [UInt32] = []
            var flushed = 0
            do {
                let log = try open()
                try log.beginFirstEpoch()
                appended = try log.checksums()
                disk.capacity = max(room, 8192)
                do {
                    while true {
                        // One group, however large: no segment is begun.
                        let batch = try Samples.batch(
                            [String(repeating: "x", count: 100), "y"], behind: log.end, beginsSegment: false)
                        batch.forEachRecord { appended.append($0.checksum) }
                        try log.append(batch)
                        flushed = Int(try log.flush().rawValue)
                    }
                } catch let error as LogError {
                    #expect(error.code == .diskFull && error.file != nil)
                    #expect(error.message.contains("start the node again"))
                }
                let again = #expect(throws: LogError.self) { try log.append("more") }
                #expect(again?.code == .failed)
            }
            disk.capacity = nil
            let found = try open().checksums()
            #expect(found.count >= flushed && found == Array(appended.prefix(found.count)))
        }
    }

    @Test func whatWasLeftHalfMadeIsRemovedOnOpening() throws {
        for name in [SegmentName.preparing, SegmentName.unprepared] { _ = try disk.open("/log/" + name, .create) }
        _ = try open()
        #expect(try disk.names(in: "/log") == [SegmentName.segment(1)])
    }

    /// A prepared segment whose new name a crash took back holds records: it must not pass for an empty one.
    @Test func aPreparedSegmentThatIsNotEmptyIsMadeAnew() throws {
        let preparer = SegmentPreparer(directory: "/log", size: 8192, fileSystem: disk)
        try preparer.prepareNow()
        try disk.open("/log/" + SegmentName.prepared, .readWrite).write([9], at: 8000)
        let other = SegmentPreparer(directory: "/log", size: 8192, fileSystem: disk)
        try other.prepareNow()
        #expect(disk.bytes(of: "/log/" + SegmentName.prepared) == [UInt8](repeating: 0, count: 8192))
        let larger = SegmentPreparer(directory: "/log", size: 16384, fileSystem: disk)
        try larger.prepareNow()
        #expect(disk.bytes(of: "/log/" + SegmentName.prepared).count == 16384)
    }

    @Test func recordsOfAnUnknownKindAreKept() throws {
        let log = try open().log
        try log.beginFirstEpoch()
        var buffer = RecordBuffer()
        buffer.beginRecord(kind: RecordKind(rawValue: 99))
        try buffer.endRecord()
        buffer.seal(
            epochCounter: 1, firstIndex: 2, time: 5, previousChecksum: log.lastChecksum, beginsSegment: false)
        let batch = try buffer.takeBatch()
        #expect(try batch.validated(following: log.end).count == 1)
        try log.append(batch)
        try log.read(from: 2, through: 2)?.forEachRecord { record in
            #expect(record.kind.rawValue == 99 && !record.kind.isKnown)
        }
    }

    @Test func aLogThatIsOpenCannotBeOpenedAgain() throws {
        let first = try open()
        let error = #expect(throws: LogError.self) { try open() }
        #expect(error?.code == .locked)
        withExtendedLifetime(first) {}
    }

    @Test func aLogOfAnotherGroupIsRefused() throws {
        do { _ = try open() }
        let error = #expect(throws: LogError.self) { try open(group: GroupID(UniqueID(high: 9, low: 9))) }
        #expect(error?.code == .wrongGroup)
    }

    @Test func aLogThatEndsBelowWhatWasAppliedIsDamaged() throws {
        let end: Int
        do {
            let log = try open().log
            try log.beginFirstEpoch()
            end = log.active.offset
        }
        _ = try open(knownApplied: 1)
        let error = #expect(throws: LogError.self) { try open(knownApplied: 2) }
        #expect(error?.code == .damaged && error?.file == "/log/0000000000000001.tandemlog")
        #expect(error?.offset == UInt64(end))
        try disk.remove("/log/0000000000000001.tandemlog")
        #expect(throws: LogError.self) { try open(knownApplied: 1) }
    }

    @Test func aClosedLogTakesNothingMore() throws {
        let log = try open().log
        try log.close()
        for _ in 0..<2 {
            let error = #expect(throws: LogError.self) { try log.flush() }
            #expect(error?.code == .closed)
        }
        #expect(throws: LogError.self) { try log.read(from: 1, through: 1) }
        #expect(throws: LogError.self) { try log.close() }
    }

    @Test func pruningRemovesWholeSegmentsBelowAnIndex() throws {
        let log = try open().log
        try log.beginFirstEpoch()
        for number in 0..<100 { try log.append("text \(number) " + String(repeating: "x", count: 200)) }
        try log.flush()
        let segments = try SegmentName.segments(in: "/log", disk)
        #expect(try log.prune(below: segments[1].previous) == 0)
        #expect(try log.prune(below: segments[2]) == 2)
        #expect(log.firstIndex == segments[2])
        #expect(try log.read(from: segments[2], through: 200)?.firstIndex == segments[2])
        let error = #expect(throws: LogError.self) { try log.read(from: segments[2].previous, through: 200) }
        #expect(error?.code == .missing)
        let cut = #expect(throws: LogError.self) { try log.cut(above: segments[1], keepingIn: "/kept") }
        #expect(cut?.code == .missing && log.failure == nil)
        #expect(try log.prune(below: 1000) == segments.count - 3)
        #expect(log.history.entries.map(\.firstIndex) == [1])
    }
}
