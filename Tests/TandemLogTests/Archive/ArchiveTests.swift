import Foundation
import Testing

@testable import TandemLog

@Suite struct ArchiveTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tandem-\(UUID().uuidString)")

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// A log of several segments.
    private func makeLog(_ name: String = "log", records: Int = 60) throws -> Log {
        let log = try open(name)
        try log.beginFirstEpoch()
        try append(records, "text", to: log)
        return log
    }

    private func open(_ name: String) throws -> Log {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return try Log.open(
            directory: path(name), group: Samples.group, options: .init(segmentSize: 4096, prepareAhead: false)
        ).log
    }

    private func append(_ count: Int, _ text: String, to log: Log) throws {
        for number in 0..<count { try log.append("\(text) \(number) " + String(repeating: "x", count: 200)) }
        try log.flush()
    }

    /// Archives a log up to a record, cut at its segments' ends and behind each of `cuts`.
    private func archive(
        _ log: Log, cuts: [LogIndex] = [], from start: LogIndex = 1, to directory: String = "archive"
    ) throws {
        let target = ArchiveDirectory(path(directory))
        try target.open(by: Samples.node, of: Samples.group)
        let source = ArchiveSource(directory: log.directory)
        var (next, end) = (start, LogEnd?.none)
        for last in cuts.sorted() + [log.lastIndex] {
            while let range = try source.next(from: next, committed: last, evenUnfinished: true) {
                let partial = target.partialPath(of: Samples.node)
                let name = try source.write(range, behind: end, to: partial)
                try target.add(partial, as: name)
                #expect(name.first == range.lowerBound && name.last == range.upperBound)
                (next, end) = (name.last.next, name.end)
            }
        }
    }

    /// The checksums of the records above `index` that are read, with all changes decoded.
    private func read(
        _ archive: Archive, on line: ArchiveLine, behind index: LogIndex = .zero
    ) throws -> [UInt32] {
        let reader = try ArchiveReader(archive, on: line, behind: index)
        let decoder = ChangeDecoder()
        var checksums: [UInt32] = []
        while let batch = try reader.next(maximumBytes: 700) {
            try batch.forEachRecord { record in
                decoder.begin(record)
                while try decoder.next() != nil {}
                if record.index > index { checksums.append(record.checksum) }
            }
        }
        return checksums
    }

    @Test func whatIsArchivedIsReadFromEveryRecordOnWithItsTables() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = try makeLog()
        try archive(log, cuts: [1, 2, 3, 17, 18, 40])
        let archive = try Archive(directory: path("archive"))
        let line = try #require(archive.lines.first)
        #expect(archive.lines.count == 1 && line.last == log.lastIndex && archive.group == Samples.group)
        #expect(archive.ranges(on: line) == [1...log.lastIndex])
        let checksums = try log.checksums()
        for index in 0..<checksums.count {
            #expect(try read(archive, on: line, behind: LogIndex(UInt64(index))) == Array(checksums[index...]))
        }
        for file in archive.files { try file.verify() }
    }

    @Test func aSegmentIsArchivedWhenItIsFinishedAndCommittedOrWhenItMust() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = try makeLog()
        let source = ArchiveSource(directory: log.directory)
        let second = try log.segments()[1].firstIndex
        #expect(try source.next(from: 1, committed: second, evenUnfinished: false) == 1...second.previous)
        #expect(try source.next(from: 1, committed: second.previous, evenUnfinished: false) == 1...second.previous)
        #expect(try source.next(from: 1, committed: second.previous.previous, evenUnfinished: false) == nil)
        #expect(try source.next(from: 1, committed: 3, evenUnfinished: true) == 1...3)
        #expect(try source.next(from: 4, committed: 3, evenUnfinished: true) == nil)
    }

    @Test func twoNodesArchiveTheSameRecordsAsTheSameBytes() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = try makeLog()
        let copy = try open("copy")
        while let batch = try log.read(from: copy.lastIndex.next, through: log.lastIndex, maximumBytes: 900) {
            try copy.append(batch, knownCommit: copy.lastIndex)
            try copy.flush()
        }
        try archive(log, cuts: [5, 33])
        try archive(copy, cuts: [5, 33], to: "other")
        let names = try ArchiveDirectory(path("archive")).names()
        #expect(try names == ArchiveDirectory(path("other")).names() && names.count > 5)
        for name in names {
            #expect(
                FileManager.default.contents(atPath: path("archive/\(name)"))
                    == FileManager.default.contents(atPath: path("other/\(name)")))
        }
        // Together with one that was cut elsewhere it is the same archive.
        try archive(copy, cuts: [9, 30, 31])
        let archive = try Archive(directory: path("archive"))
        #expect(try read(archive, on: #require(archive.lines.first)) == log.checksums())
    }

    @Test func aFileThatIsThereIsNeverOverwritten() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = try makeLog(records: 3)
        try archive(log)
        try archive(log)
        let name = try #require(try ArchiveDirectory(path("archive")).names().first)
        let file = try SystemFileSystem().open(path("archive/\(name)"), .readWrite)
        try file.write([0x7F], at: 600)
        let changed = FileManager.default.contents(atPath: file.path)
        #expect { try archive(log) } throws: { ($0 as? LogError)?.code == .damaged }
        #expect(FileManager.default.contents(atPath: file.path) == changed)
    }

    @Test func theArchiveOfAnotherGroupIsRefused() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try archive(makeLog(records: 3))
        #expect {
            try ArchiveDirectory(path("archive")).open(by: Samples.node, of: GroupID(UniqueID(high: 9, low: 9)))
        } throws: {
            ($0 as? LogError)?.code == .wrongGroup
        }
    }

    /// Record 40 and those behind it were committed, and given up in a promotion that was forced.
    @Test func epochsDecideWhichRecordsCountWhereSomeWereGivenUp() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let old = try makeLog()
        let new = try open("new")
        while let batch = try old.read(from: new.lastIndex.next, through: 39, maximumBytes: 900) {
            try new.append(batch)
        }
        try new.append(Samples.epochBatch(2, behind: new.end))
        try append(30, "other", to: new)
        try archive(old, cuts: [10, 38])
        try archive(new, cuts: [50], from: try #require(new.segments().last { $0.firstIndex <= 39 }).firstIndex)
        let archive = try Archive(directory: path("archive"))
        #expect(archive.lines.map(\.last) == [new.lastIndex, old.lastIndex])
        #expect(try read(archive, on: archive.lines[0]) == new.checksums())
        #expect(try read(archive, on: archive.lines[1]) == old.checksums())
        #expect(archive.lines[0].contains(Position(epoch: Epoch(counter: 1, node: Samples.node), index: 39)))
        #expect(!archive.lines[0].contains(Position(epoch: Epoch(counter: 1, node: Samples.node), index: 40)))
        // Nothing goes on behind what it does not follow.
        #expect {
            try ArchiveSource(directory: new.directory).write(45...46, behind: old.end, to: path("next"))
        } throws: {
            ($0 as? LogError)?.code == .notFollowing
        }
        #expect(try !ArchiveSource(directory: new.directory).holds(old.end))
    }

    @Test func aGapAndAFileThatWasCutShortAreNamed() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = try makeLog()
        try archive(log, cuts: [20, 23])
        let names = try ArchiveDirectory(path("archive")).names()
        let missing = try #require(names.first { $0.first == 21 })
        let file = path("archive/\(missing)")
        let whole = try #require(FileManager.default.contents(atPath: file))
        try whole.prefix(whole.count - 100).write(to: URL(fileURLWithPath: file))
        #expect { try readAll() } throws: { error in
            let error = error as? LogError
            return error?.code == .damaged && error?.file == file && error?.offset != nil
        }
        try FileManager.default.removeItem(atPath: file)
        #expect { try readAll() } throws: { error in
            let error = error as? LogError
            return error?.code == .missing && error?.message.contains("records 21 to \(missing.last).") == true
        }
        let archive = try Archive(directory: path("archive"))
        let line = try #require(archive.lines.first)
        #expect(archive.ranges(on: line) == [1...20, missing.last.next...log.lastIndex])
        #expect(try !read(archive, on: line, behind: log.lastIndex.previous).isEmpty)
    }

    private func readAll() throws {
        let archive = try Archive(directory: path("archive"))
        _ = try read(archive, on: #require(archive.lines.first))
    }

    @Test func aNameIsReadAsItIsWritten() throws {
        let name = ArchiveName(first: 17, end: LogEnd(index: 300, checksum: 0xABC, epochCounter: 3))
        #expect(name.description == "0000000000000011-000000000000012c-00000003-00000abc.tandemlog")
        #expect(ArchiveName(name.description) == name)
        let others = [
            "0000000000000011.tandemlog", "0000000000000011-000000000000012c-00000003-00000abc.partial",
            "000000000000012c-0000000000000011-00000003-00000abc.tandemlog",
            "0000000000000011-000000000000012C-00000003-00000abc.tandemlog",
            "11-12c-3-abc.tandemlog", "0000000000000000-000000000000012c-00000003-00000abc.tandemlog",
        ]
        for other in others { #expect(ArchiveName(other) == nil) }
        #expect(SegmentName.firstIndex(name.description) == nil)
    }
}
