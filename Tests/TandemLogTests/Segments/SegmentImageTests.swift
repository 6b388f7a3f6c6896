import Foundation
import Testing

@testable import TandemLog

@Suite struct SegmentImageTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tandem-\(UUID().uuidString)")

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// A log of several segments.
    private func makeLog() throws -> Log {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let log = try Log.open(
            directory: path("log"), group: Samples.group, options: .init(segmentSize: 4096, prepareAhead: false)
        ).log
        try log.beginFirstEpoch()
        for number in 0..<60 { try log.append("text \(number) " + String(repeating: "x", count: 200)) }
        try log.flush()
        return log
    }

    private func image(behind index: LogIndex) throws -> String {
        let path = path("image-\(index)")
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let size = try SegmentImage.append(goingOnBehind: index, of: self.path("log"), to: path, at: 0)
        #expect(try SystemFileSystem().open(path, .read).size() == size)
        return path
    }

    /// At every record, those that begin a segment among them.
    @Test func aLogMadeOfAnImageGoesOnWhereTheOtherIs() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = try makeLog()
        let segments = try log.segments().map(\.firstIndex)
        #expect(segments.count > 3)
        for index in (1...log.lastIndex.rawValue).map({ LogIndex($0) }) {
            let end = try Log.create(
                directory: path("copy"), from: image(behind: index), options: .init(segmentSize: 4096))
            #expect(end.index == index)
            #expect(try log.holds(end))
            let copy = try Log.open(
                directory: path("copy"), group: Samples.group, knownApplied: index,
                options: .init(segmentSize: 4096, prepareAhead: false)
            ).log
            #expect(copy.history == log.history && copy.knownCommit == index && copy.flushedIndex == index)
            #expect(copy.memberRecords == log.memberRecords)
            #expect(copy.firstIndex == segments.last { $0 <= index.next })
            while let rest = try log.read(from: copy.lastIndex.next, through: log.lastIndex) { try copy.append(rest) }
            try copy.flush()
            #expect(copy.end == log.end)
            // What follows can be read with its tables.
            let reader = try LogReader(directory: path("copy"), from: index.next)
            #expect(reader.tables[1] != nil || index == 1 || segments.contains(index.next))
        }
        #expect(try LogVerifier(directory: path("copy")).run().isSound)
    }

    @Test func anImageThatIsCutShortOrDamagedIsNotALog() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = try makeLog()
        let path = try image(behind: log.lastIndex)
        let bytes = try #require(FileManager.default.contents(atPath: path))
        for count in stride(from: 0, to: bytes.count - 1, by: 97) {
            try bytes.prefix(count).write(to: URL(fileURLWithPath: path))
            let end = try? Log.create(directory: self.path("copy"), from: path)
            #expect(end != log.end)
        }
        for place in stride(from: 0, to: bytes.count, by: 131) {
            var damaged = bytes
            damaged[place] ^= 0x40
            try damaged.write(to: URL(fileURLWithPath: path))
            let end = try? Log.create(directory: self.path("copy"), from: path)
            #expect(end != log.end)
        }
    }

    @Test func aLogHoldsOnlyItsOwnRecords() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = try makeLog()
        let end = log.end
        #expect(try log.holds(end))
        #expect(try !log.holds(LogEnd(index: end.index, checksum: end.checksum ^ 1, epochCounter: end.epochCounter)))
        #expect(try !log.holds(LogEnd(index: end.index.next, checksum: 0, epochCounter: end.epochCounter)))
        let early = try Log.create(directory: path("copy"), from: image(behind: 5))
        #expect(try log.holds(early))
        try log.prune(below: 30)
        #expect(try !log.holds(early))
    }

    @Test func recordsAreKeptAsideWhileTheLogStays() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = try makeLog()
        let end = log.end
        let kept = try #require(try log.keepRecords(above: 10, in: path("divergent")))
        #expect(log.end == end)
        var last = LogIndex.zero
        let reader = try LogReader(file: kept)
        #expect(reader.nextIndex == 11)
        while let batch = try reader.next() { last = batch.lastIndex }
        #expect(last == end.index)
        // As many of them as there still are.
        try log.prune(below: 30)
        let rest = try #require(try log.keepRecords(above: 10, in: path("divergent")))
        #expect(try LogReader(file: rest).nextIndex == log.firstIndex)
        #expect(try log.keepRecords(above: end.index, in: path("divergent")) == nil)
    }
}
