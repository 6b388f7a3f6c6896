import Foundation
import Testing

@testable import TandemLog

/// On the real file system, in a directory of its own that is removed in the end.
@Suite final class LogReaderTests {
    private let directory = NSTemporaryDirectory() + "tandem-log-\(UUID().uuidString)"

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func open(segmentSize: Int = 64 << 10, prepareAhead: Bool = false) throws -> Log {
        try Log.open(
            directory: directory, group: Samples.group,
            options: .init(segmentSize: segmentSize, prepareAhead: prepareAhead)
        ).log
    }

    @Test func aReaderInTheMiddleOfASegmentHasTheTablesInForceThere() throws {
        let log = try open()
        try log.beginFirstEpoch()
        for number in 0..<20 { try log.append("text \(number)") }
        try log.flush()
        for from in (3...22).map({ LogIndex($0) }) {
            let reader = try LogReader(directory: directory, from: from)
            #expect(reader.tables.all == [Samples.table] && reader.nextIndex == from)
            let decoder = ChangeDecoder(tables: reader.tables)
            guard let batch = try reader.next(through: 21) else {
                #expect(from == 22)
                continue
            }
            var rows = 0
            try batch.forEachRecord { record in
                decoder.begin(record)
                while try decoder.next() != nil { rows += 1 }
            }
            #expect(rows == 22 - Int(from.rawValue))
        }
        #expect(try LogReader(directory: directory, from: 2).tables.all.isEmpty)
        for from in [0, 23, 1000] as [LogIndex] {
            let error = #expect(throws: LogError.self) { try LogReader(directory: self.directory, from: from) }
            #expect(error?.code == .missing)
        }
    }

    @Test func aReaderStopsAtTheIndexItIsGivenAndGoesOnFromThere() throws {
        let log = try open()
        try log.beginFirstEpoch()
        for number in 0..<9 { try log.append("text \(number)") }
        let reader = try LogReader(directory: directory, from: 1)
        #expect(try reader.next(through: 4)?.lastIndex == 4)
        #expect(try reader.next(through: 4) == nil)
        #expect(try reader.next(through: 3) == nil)
        #expect(try reader.next(through: 10, maximumBytes: 1)?.lastIndex == 5)
        #expect(try reader.next()?.lastIndex == 10)
        #expect(try reader.next() == nil)
        let error = #expect(throws: LogError.self) { try reader.next(through: 11) }
        #expect(error?.code == .missing)
        try log.append("later")
        #expect(try reader.next(through: 11)?.firstIndex == 11)
    }

    /// A reader never keeps what lies above the index it was given: it may be cut and written anew.
    @Test func aReaderSeesWhatWasWrittenInPlaceOfWhatWasCut() throws {
        let log = try open()
        try log.beginFirstEpoch()
        for number in 0..<9 { try log.append("text \(number)") }
        try log.flush()
        let reader = try LogReader(directory: directory, from: 1)
        _ = try reader.next(through: 5)
        let kept = try #require(try log.cut(above: 5, keepingIn: directory + "/divergent"))
        for number in 0..<9 { try log.append("other \(number)") }
        let batch = try #require(try reader.next(through: 14))
        #expect(batch.lastChecksum == log.lastChecksum)
        let tail = try LogReader(file: kept)
        #expect(tail.nextIndex == 6)
        #expect(try tail.next()?.count == 5)
        #expect(try tail.next() == nil)
    }

    @Test func aRecordOfManyMegabytesIsReadWhole() throws {
        let log = try open()
        try log.beginFirstEpoch()
        try log.append(String(repeating: "b", count: 5_000_000))
        try log.append("after")
        try log.flush()
        let reader = try LogReader(directory: directory, from: 2)
        #expect(try reader.next(through: 3, maximumBytes: 1000)?.byteCount ?? 0 > 5_000_000)
        #expect(try reader.next(through: 3, maximumBytes: 1000)?.count == 1)
    }

    /// The appender goes through many segments while the reader follows up to what is flushed.
    @Test func aReaderFollowsTheAppenderThroughSegments() async throws {
        let total: UInt64 = 2000
        let log = try open(segmentSize: 32 << 10, prepareAhead: true)
        try log.beginFirstEpoch()
        let flushed = Flushed()
        let directory = directory
        async let read: UInt32 = Task.detached { () throws -> UInt32 in
            let reader = try LogReader(directory: directory, from: 1)
            let decoder = ChangeDecoder()
            var rows: UInt64 = 0
            while reader.nextIndex <= LogIndex(total) {
                guard let batch = try reader.next(through: flushed.index, maximumBytes: 8000) else {
                    await Task.yield()
                    continue
                }
                try batch.forEachRecord { record in
                    decoder.begin(record)
                    while let change = try decoder.next() {
                        if case .insert = change { rows += 1 }
                    }
                }
                guard reader.nextIndex <= LogIndex(total) else { return rows == total - 1 ? batch.lastChecksum : 0 }
            }
            return 0
        }.value
        var generator = SeededGenerator(3)
        while log.lastIndex < LogIndex(total) {
            try log.append(String(repeating: "r", count: Int.random(in: 0...300, using: &generator)))
            if generator.chance(20) || log.lastIndex == LogIndex(total) { flushed.index = try log.flush() }
        }
        #expect(try await read == log.lastChecksum)
        let report = try LogVerifier(directory: directory).run()
        #expect(report.isSound && report.recordCount == Int(total) && report.segmentCount > 5)
        try log.close()
    }

    @Test func readingOnAtALogNeedsNoSearch() throws {
        let log = try open()
        try log.beginFirstEpoch()
        for number in 0..<50 { try log.append("text \(number)") }
        var next: LogIndex = 1
        var checksum: UInt32 = 0
        while let batch = try log.read(from: next, through: 51, maximumBytes: 200) {
            #expect(batch.firstIndex == next && batch.following.checksum == checksum)
            (next, checksum) = (batch.lastIndex.next, batch.lastChecksum)
            #expect(log.readers.count == 1)
        }
        #expect(next == 52)
        for from in (1...20).map({ LogIndex($0) }) { _ = try log.read(from: from, through: from) }
        #expect(log.readers.count <= 8)
    }

    @Test func anOpenLogIsLockedAgainstOthers() throws {
        let log = try open()
        let error = #expect(throws: LogError.self) { try self.open() }
        #expect(error?.code == .locked && error?.file == directory + "/LOCK")
        try log.close()
    }

    @Test func theNextSegmentIsPreparedAheadAndTakenIntoUse() throws {
        var log = try open(segmentSize: 256 << 10, prepareAhead: true)
        try log.beginFirstEpoch()
        try log.close()
        let preparer = SegmentPreparer(directory: directory, size: 256 << 10, fileSystem: SystemFileSystem())
        try preparer.prepareNow()
        let names = try SystemFileSystem().names(in: directory)
        #expect(names.contains(SegmentName.prepared))
        log = try Log.open(directory: directory, group: Samples.group, options: .init(segmentSize: 256 << 10)).log
        log.preparer.request()
        while try SegmentName.segments(in: directory, SystemFileSystem()).count < 3 {
            try log.append(String(repeating: "x", count: 20_000))
            try log.flush()
        }
        try log.close()
        #expect(try LogVerifier(directory: directory).run().isSound)
    }

    @Test func aDirectoryThatCannotBeMadeIsNamed() {
        let error = #expect(throws: LogError.self) { try Log.open(directory: "/proc/none/log", group: Samples.group) }
        #expect(error?.code == .inputOutput && error?.file == "/proc/none/log")
    }
}

/// The flushed index, shared between the appender and a reader.
private final class Flushed: @unchecked Sendable {  // Guarded by `lock`.
    private let lock = NSLock()
    private var value: LogIndex = .zero

    var index: LogIndex {
        get { lock.withLock { value } }
        set { lock.withLock { value = newValue } }
    }
}
