import Foundation
import Synchronization
import Testing

@testable import TandemSQLite

@Suite struct CheckpointTests {
    /// Reads all the time: each read begins before the one before it has ended.
    private final class Readers: Sendable {
        private let isOver = Atomic(false)
        private let hasBegun = DispatchSemaphore(value: 0)
        private let hasEnded = DispatchSemaphore(value: 0)

        init(of path: String) {
            Thread.detachNewThread { [self] in
                defer { hasEnded.signal() }
                guard var former = try? ReaderConnection(path: path), var next = try? ReaderConnection(path: path),
                    (try? former.beginRead()) != nil
                else {
                    hasBegun.signal()
                    return
                }
                hasBegun.signal()
                while !isOver.load(ordering: .relaxed) {
                    try? next.beginRead()
                    former.endRead()
                    swap(&former, &next)
                    usleep(1_000)
                }
                former.endRead()
                for reader in [former, next] { try? reader.close() }
            }
            hasBegun.wait()
        }

        func stop() {
            isOver.store(true, ordering: .relaxed)
            hasEnded.wait()
        }
    }

    /// It grew for as long as they did.
    @Test func readersThatFollowEachOtherDoNotKeepTheWriteAheadLogForEver() throws {
        var options = ConnectionOptions()
        options.checkpointPages = 10
        let pair = try Pair(options: options)
        try pair.run("CREATE TABLE entry (text TEXT)")
        let readers = Readers(of: pair.primaryPath)
        var (written, longest) = (0, 0)
        for _ in 0..<400 {
            let before = pair.primary.walPages
            try pair.run("INSERT INTO entry VALUES (hex(randomblob(4000)))")
            let pages = pair.primary.walPages
            written += pages > before ? pages - before : pages
            longest = max(longest, pages)
        }
        readers.stop()
        #expect(written > 1000 && longest < written / 2)
        try pair.checkEqual()
    }
}
