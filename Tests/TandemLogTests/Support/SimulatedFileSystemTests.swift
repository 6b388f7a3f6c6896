import Testing

@testable import TandemLog

/// What the other tests rely on: the simulation really loses what was not flushed.
@Suite struct SimulatedFileSystemTests {
    @Test func aCrashLosesUnflushedSectorsAtRandomAndNoOthers() throws {
        var outcomes: Set<[UInt8]> = []
        for seed in 0..<100 as Range<UInt64> {
            let disk = SimulatedFileSystem()
            let file = try disk.open("/d/f", .create)
            try file.write([UInt8](repeating: 1, count: 192), at: 0)
            try file.synchronize()
            try disk.synchronizeDirectory("/d")
            try file.write([UInt8](repeating: 2, count: 128), at: 64)
            var generator = SeededGenerator(seed)
            disk.crash(using: &generator)
            let bytes = disk.bytes(of: "/d/f")
            outcomes.insert([bytes[0], bytes[64], bytes[128]])
        }
        #expect(outcomes == [[1, 1, 1], [1, 1, 2], [1, 2, 1], [1, 2, 2]])
    }

    @Test func aCrashLosesNamesThatWereNotFlushed() throws {
        var outcomes: Set<[String]> = []
        for seed in 0..<50 as Range<UInt64> {
            let disk = SimulatedFileSystem()
            try disk.open("/d/a", .create).synchronize()
            try disk.rename("/d/a", to: "/d/b")
            var generator = SeededGenerator(seed)
            disk.crash(using: &generator)
            outcomes.insert(try disk.names(in: "/d"))
        }
        #expect(outcomes == [[], ["a"], ["b"]])
    }

    @Test func whatAFailedFlushLostStaysLostUntilItIsWrittenAgain() throws {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/d/f", .create)
        try disk.synchronizeDirectory("/d")
        try file.write([1, 2, 3], at: 0)
        disk.flushesFail = true
        #expect(throws: LogError.self) { try file.synchronize() }
        disk.flushesFail = false
        try file.synchronize()
        #expect(disk.bytes(of: "/d/f") == [1, 2, 3])
        var generator = SeededGenerator(1)
        disk.crash(using: &generator)
        #expect(disk.bytes(of: "/d/f") == [0, 0, 0])
    }
}
