import Testing

@testable import TandemLog

@Suite struct SnapshotInstallationTests {
    private static let data = "/data"
    private static let snapshot = UniqueID(high: 1, low: 2)
    private static let aside = "/data/replaced/\(snapshot)"

    /// A node's files, and a snapshot beside them that is whole and durable.
    private func disk() throws -> SimulatedFileSystem {
        let disk = SimulatedFileSystem()
        let files = [
            "tandem.sqlite": "old database", "tandem.sqlite-wal": "old pages", "tandem.sqlite-shm": "memory",
            "log/0000000000000001.tandemlog": "old log", "log/LOCK": "", "node.state": "state",
            "snapshot/database.sqlite": "new database", "snapshot/log/0000000000000007.tandemlog": "new log",
        ]
        for (name, text) in files.sorted(by: { $0.key < $1.key }) {
            let file = try disk.open("\(Self.data)/\(name)", .create)
            try file.write(Array(text.utf8), at: 0)
            try file.synchronize()
        }
        try disk.synchronizeDirectory(Self.data)
        return disk
    }

    private func text(_ name: String, on disk: SimulatedFileSystem) -> String {
        String(decoding: disk.bytes(of: "\(Self.data)/\(name)"), as: UTF8.self)
    }

    private func isOld(_ disk: SimulatedFileSystem) -> Bool {
        text("tandem.sqlite", on: disk) == "old database" && text("tandem.sqlite-wal", on: disk) == "old pages"
            && text("log/0000000000000001.tandemlog", on: disk) == "old log"
            && text("log/0000000000000007.tandemlog", on: disk).isEmpty
    }

    private func isNew(_ disk: SimulatedFileSystem, log: Bool) -> Bool {
        text("tandem.sqlite", on: disk) == "new database" && text("tandem.sqlite-wal", on: disk).isEmpty
            && text("tandem.sqlite-shm", on: disk).isEmpty
            && text("log/0000000000000007.tandemlog", on: disk) == (log ? "new log" : "")
            && text("log/0000000000000001.tandemlog", on: disk) == (log ? "" : "old log")
    }

    @Test(arguments: [true, false]) func theNewTakesThePlaceOfTheOldWhichIsKept(log: Bool) throws {
        let disk = try disk()
        #expect(try SnapshotInstallation.finish(in: Self.data, disk) == nil)
        try SnapshotInstallation(snapshot: Self.snapshot, replacesLog: log).decide(in: Self.data, disk)
        #expect(isOld(disk))
        #expect(try SnapshotInstallation.finish(in: Self.data, disk)?.replacesLog == log)
        #expect(isNew(disk, log: log))
        #expect(text("replaced/\(Self.snapshot)/tandem.sqlite", on: disk) == "old database")
        #expect(text("replaced/\(Self.snapshot)/tandem.sqlite-wal", on: disk) == "old pages")
        #expect(text("node.state", on: disk) == "state")
        #expect(try SnapshotInstallation.finish(in: Self.data, disk) == nil)
    }

    /// The machine loses power before each of the steps, with any part of what was not made durable; after the next start
    /// either the old is whole or the new.
    @Test(arguments: [true, false]) func afterAPowerCutAtAnyStepTheOldOrTheNewIsWhole(log: Bool) throws {
        var (olds, news) = (0, 0)
        for step in 0..<40 {
            for seed in 0..<8 {
                let disk = try disk()
                var random = SeededGenerator(UInt64(step * 100 + seed))
                disk.operationsUntilCrash = step
                do {
                    try SnapshotInstallation(snapshot: Self.snapshot, replacesLog: log).decide(in: Self.data, disk)
                    try SnapshotInstallation.finish(in: Self.data, disk)
                } catch {}
                disk.crash(using: &random)
                // The start may be cut off as well.
                disk.operationsUntilCrash = Int.random(in: 0..<20, using: &random)
                _ = try? SnapshotInstallation.finish(in: Self.data, disk)
                disk.crash(using: &random)
                try SnapshotInstallation.finish(in: Self.data, disk)
                let (old, new) = (isOld(disk), isNew(disk, log: log))
                #expect(old != new, "step \(step), seed \(seed)")
                olds += old ? 1 : 0
                news += new ? 1 : 0
                if new { #expect(text("replaced/\(Self.snapshot)/tandem.sqlite", on: disk) == "old database") }
            }
        }
        #expect(olds > 20 && news > 100)
    }

    @Test func aDamagedNoteIsRefused() throws {
        let disk = try disk()
        try SnapshotInstallation(snapshot: Self.snapshot, replacesLog: true).decide(in: Self.data, disk)
        for offset in disk.bytes(of: "/data/snapshot/install").indices {
            disk.damage("/data/snapshot/install", at: offset, xor: 1)
            #expect(throws: LogError.self) { try SnapshotInstallation.finish(in: Self.data, disk) }
            disk.damage("/data/snapshot/install", at: offset, xor: 1)
        }
        #expect(isOld(disk))
    }
}
