import Foundation
import Testing

@testable import TandemLog

/// Reading and verifying a log that is being written: what comes between two looks is no damage.
@Suite struct LogBesideWriterTests {
    private let disk = SimulatedFileSystem()
    private let path = "/log/" + SegmentName.segment(1)

    private func open() throws -> Log {
        try Log.open(
            directory: "/log", group: Samples.group, options: .init(segmentSize: 8192, prepareAhead: false),
            fileSystem: disk
        ).log
    }

    /// A log of four records and, if `half`, the first bytes of a fifth.
    ///
    /// - Returns: what makes the fifth and a sixth, each in a batch of its own, come behind so many more reads of the disk.
    private func makeLog(half: Bool) throws -> (_ reads: Int) -> Void {
        let log = try open()
        try log.beginFirstEpoch()
        for text in ["one", "two", "three"] {
            try log.append(text)
            try log.flush()
        }
        let before = disk.bytes(of: path)
        let start = log.active.offset
        for text in ["four", "five"] {
            try log.append(String(repeating: text, count: 20))
            try log.flush()
        }
        let whole = disk.bytes(of: path)
        var shown = before
        if half { shown.replaceSubrange(start..<start + 60, with: whole[start..<start + 60]) }
        let file = try disk.open(path, .readWrite)
        try file.write(shown, at: 0)
        let disk = disk
        return { reads in
            var left = reads
            disk.afterRead = {
                left -= 1
                if left == 0 { try? file.write(whole, at: 0) }
            }
        }
    }

    /// Whichever look it is that the records come behind.
    @Test(arguments: [false, true], 1...8) func aVerifierBesideAWriterFindsNoDamage(half: Bool, reads: Int) throws {
        let completeBehind = try makeLog(half: half)
        completeBehind(reads)
        let report = try LogVerifier(directory: "/log", fileSystem: disk).run()
        #expect(report.isSound, "\(report)")
        #expect([4, 6].contains(report.lastIndex))
    }

    @Test(arguments: [false, true], 1...8) func aReaderBesideAWriterFindsNoDamage(half: Bool, reads: Int) throws {
        let completeBehind = try makeLog(half: half)
        let reader = try LogReader(directory: "/log", from: 1, fileSystem: disk)
        completeBehind(reads)
        while try reader.next() != nil {}
        #expect([5, 7].contains(reader.nextIndex))
    }

    @Test(arguments: [false, true], 1...8) func aReaderThatBeginsBesideAWriterFindsNoDamage(half: Bool, reads: Int)
        throws
    {
        let completeBehind = try makeLog(half: half)
        completeBehind(reads)
        do throws(LogError) {
            let reader = try LogReader(directory: "/log", from: 6, fileSystem: disk)
            #expect(reader.nextIndex == 6)
        } catch {
            #expect(error.code == .missing, "\(error)")
        }
    }

    /// A replica cuts its tail back and goes on with other records, between any two reads of who verifies its log.
    @Test(arguments: 1...14) func aVerifierBesideACutFindsNoDamage(reads: Int) throws {
        let log = try open()
        try log.beginFirstEpoch()
        func append(_ count: Int, _ letter: String) throws {
            for _ in 0..<count {
                try log.append(String(repeating: letter, count: 300))
                try log.flush()
            }
        }
        try append(40, "o")
        let segments = try SegmentName.segments(in: "/log", disk)
        try #require(segments.count > 1)
        let disk = disk
        var left = reads
        var failure: (any Error)?
        disk.afterRead = {
            left -= 1
            guard left == 0 else { return }
            disk.afterRead = nil
            do {
                try log.cut(above: 10, keepingIn: "/kept")
                try append(60, "n")
            } catch { failure = error }
        }
        let report = try LogVerifier(directory: "/log", fileSystem: disk).run()
        #expect(report.isSound && failure == nil, "\(report), \(String(describing: failure))")
        disk.afterRead = nil
        #expect(try LogVerifier(directory: "/log", fileSystem: disk).run().lastIndex == log.lastIndex)
    }

    /// The note says what is being removed, whether the node is at it or has crashed at it.
    @Test func aTailThatIsHalfCutOffIsNoDamage() throws {
        let log = try open()
        try log.beginFirstEpoch()
        for text in ["two", "three", "four", "five", "six"] {
            try log.append(text)
            try log.flush()
        }
        let file = try disk.open(path, .readWrite)
        let place = try SegmentContents(of: file, through: 3).offset
        let cut = PendingCut(segment: 1, offset: place, usedEnd: log.active.offset)
        try file.writeZeros(from: place, count: 20)
        var report = try LogVerifier(directory: "/log", fileSystem: disk).run()
        #expect(report.damage?.offset == UInt64(place), "without a note it is damage")
        try cut.write(in: "/log", disk)
        report = try LogVerifier(directory: "/log", fileSystem: disk).run()
        #expect(report.isSound && report.lastIndex == 3 && report.tornTail?.offset == UInt64(place), "\(report)")
        try cut.perform(in: "/log", disk)
        report = try LogVerifier(directory: "/log", fileSystem: disk).run()
        #expect(report.isSound && report.lastIndex == 3 && report.tornTail == nil)
    }

    /// The same by chance, on the real file system: whole batches, segments, and what is half written.
    @Test func aLogIsSoundHoweverOftenItIsVerifiedBesideItsWriter() async throws {
        let directory = NSTemporaryDirectory() + "tandem-log-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let log = try Log.open(
            directory: directory, group: Samples.group, options: .init(segmentSize: 256 << 10, prepareAhead: true)
        ).log
        try log.beginFirstEpoch()
        let isOver = Flag()
        async let rounds: Int = Task.detached { () throws -> Int in
            var rounds = 0
            while !isOver.isSet || rounds == 0 {
                let report = try LogVerifier(directory: directory).run()
                try #require(report.isSound, "\(report)")
                let reader = try LogReader(directory: directory)
                while try reader.next() != nil {}
                rounds += 1
            }
            return rounds
        }.value
        var generator = SeededGenerator(5)
        while log.lastIndex < 600 {
            try log.append(String(repeating: "r", count: Int.random(in: 0...4000, using: &generator)))
            if generator.chance(70) { try log.flush() }
        }
        isOver.set()
        #expect(try await rounds > 0)
        try log.close()
        #expect(try LogVerifier(directory: directory).run().recordCount == 600)
    }
}

/// Set by one thread, read by another.
private final class Flag: @unchecked Sendable {  // Guarded by `lock`.
    private let lock = NSLock()
    private var value = false

    var isSet: Bool { lock.withLock { value } }
    func set() { lock.withLock { value = true } }
}
