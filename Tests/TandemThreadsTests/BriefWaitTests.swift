import Foundation
import TandemThreads
import Testing

@Suite struct BriefWaitTests {
    @Test func whatIsThereIsReadable() {
        withPipe { reading, writing in
            var byte: UInt8 = 1
            #expect(write(writing, &byte, 1) == 1)
            #expect(BriefWait(for: .seconds(60)).isReadable(reading))
        }
    }

    @Test func whatDoesNotComeIsNotWaitedForLong() {
        withPipe { reading, _ in
            #expect(!BriefWait().isReadable(reading))
        }
    }

    /// Of a long answer there is always something to read.
    @Test func itEndsWhileThereIsMoreToRead() {
        withPipe { reading, writing in
            var byte: UInt8 = 1
            #expect(write(writing, &byte, 1) == 1)
            let wait = BriefWait()
            usleep(200)
            #expect(!wait.isReadable(reading))
        }
    }

    @Test func nobodyWaitsWhileAnotherCallIsUnderWay() {
        BriefWait.callBegan()
        BriefWait.callBegan()
        #expect(BriefWait.begin() == nil)
        BriefWait.callEnded()
        BriefWait.callEnded()
    }

    private func withPipe(_ body: (_ reading: Int32, _ writing: Int32) -> Void) {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        body(ends[0], ends[1])
    }
}
