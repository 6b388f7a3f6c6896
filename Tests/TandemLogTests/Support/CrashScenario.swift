@testable import TandemLog

/// A log under random work, with crashes at random operations, beside a model of what it must hold.
struct CrashScenario {
    /// What the log did that it must not do.
    struct Violation: Error, CustomStringConvertible {
        let description: String
    }

    private static let directory = "/log"

    private let disk = SimulatedFileSystem()
    private var generator: SeededGenerator
    private var log: Log?
    /// The checksums of all records appended and not cut, in order.
    private var appended: [UInt32] = []
    /// How many of them are durable for certain.
    private var flushed = 0
    /// Where a cut was under way when the machine crashed.
    private var pendingCut: Int?
    private(set) var crashes = 0
    private(set) var cuts = 0
    private(set) var tornTails = 0
    private(set) var segments = 0

    init(seed: UInt64) { generator = SeededGenerator(seed) }

    mutating func run(steps: Int) throws {
        for _ in 0..<steps {
            if generator.chance(10) { disk.operationsUntilCrash = Int.random(in: 0...12, using: &generator) }
            do {
                try step()
            } catch let error as LogError where error.code == .inputOutput || error.code == .failed {
                crash()
            }
            if generator.chance(3) { crash() }
        }
        crash()
        try step()
    }

    private mutating func crash() {
        log = nil
        disk.crash(using: &generator)
        crashes += 1
    }

    private mutating func step() throws {
        guard let log else { return try open() }
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<55: try append(to: log)
        case 55..<88:
            try log.flush()
            flushed = appended.count
        case 88..<92: try log.preparer.prepareNow()
        case 92..<97: try cut(log)
        default:
            try log.close(knownCommit: LogIndex(UInt64(flushed)))
            flushed = appended.count
            self.log = nil
        }
    }

    private mutating func open() throws {
        let opened: (log: Log, recovery: Recovery)
        do throws(LogError) {
            opened = try Log.open(
                directory: Self.directory, group: Samples.group,
                knownApplied: LogIndex(UInt64(min(flushed, pendingCut ?? flushed))),
                options: .init(segmentSize: 4096, prepareAhead: false), fileSystem: disk)
        } catch {
            guard error.code == .damaged else { throw error }
            throw Violation(description: "a crash passed for damage: \(error)")
        }
        if opened.recovery.cut != nil { tornTails += 1 }
        try check(opened.log.checksums())
        let report = try LogVerifier(directory: Self.directory, fileSystem: disk).run()
        guard report.isSound, report.tornTail == nil else {
            throw Violation(description: "the verifier found fault: \(report)")
        }
        segments = max(segments, report.segmentCount)
        log = opened.log
    }

    private mutating func check(_ found: [UInt32]) throws {
        guard found.count <= appended.count, found == Array(appended.prefix(found.count)) else {
            throw Violation(
                description: "the log is no prefix of what was appended: \(found.count) of \(appended.count) records")
        }
        guard found.count >= flushed || found.count == pendingCut else {
            throw Violation(description: "\(flushed) records were flushed, \(found.count) are there")
        }
        appended = found
        // Opening makes all that is left durable.
        flushed = found.count
        pendingCut = nil
    }

    private mutating func append(to log: Log) throws {
        let batch: RecordBatch
        if log.lastEpochCounter == 0 {
            batch = try Samples.epochBatch(1, behind: log.end)
        } else {
            let texts = (0...Int.random(in: 0...3, using: &generator)).map { _ in
                String(repeating: "x", count: Int.random(in: 0...200, using: &generator))
                    + String(generator.next(), radix: 16)
            }
            batch = try Samples.batch(texts, behind: log.end, beginsSegment: log.beginsSegmentNext)
        }
        // What may reach the disk although the call fails counts as appended.
        batch.forEachRecord { appended.append($0.checksum) }
        let before = log.flushedIndex
        try log.append(batch, knownCommit: before)
        flushed = max(flushed, Int(log.flushedIndex.rawValue))
    }

    private mutating func cut(_ log: Log) throws {
        guard appended.count > 1 else { return }
        let target = Int.random(in: max(1, appended.count - 12)...appended.count, using: &generator)
        pendingCut = target
        try log.cut(above: LogIndex(UInt64(target)), keepingIn: "/kept")
        pendingCut = nil
        cuts += 1
        appended.removeLast(appended.count - target)
        // A cut makes what is left durable, unless there was nothing to cut.
        flushed = Int(log.flushedIndex.rawValue)
        try check(log.checksums())
        flushed = Int(log.flushedIndex.rawValue)
    }
}
