import TandemLog
import Testing

@testable import TandemReplication

@Suite struct SnapshotTransferTests {
    private static let header = SnapshotMessageTests.header
    private static let total = header.totalSize
    private static let chunk = [UInt8](repeating: 7, count: 4446)

    private func begun() -> SnapshotTransfer {
        var transfer = SnapshotTransfer()
        _ = transfer.received(.header(Self.header, offset: 0), group: nil)
        return transfer
    }

    @Test func chunksAreWrittenUntilEverythingIsThere() {
        var transfer = SnapshotTransfer()
        #expect(transfer.received(.preparing(done: 1, total: 4), group: nil) == .none)
        #expect(transfer.state == .preparing(done: 1, total: 4) && transfer.resume == nil)
        #expect(transfer.received(.header(Self.header, offset: 0), group: nil) == .begin(Self.header))
        #expect(
            transfer.received(.chunk(offset: 0, bytes: Self.chunk), group: nil) == .write(offset: 0, bytes: Self.chunk))
        #expect(transfer.resume == .init(snapshot: Self.header.snapshot, offset: 4446))
        #expect(
            transfer.received(.chunk(offset: 4446, bytes: Self.chunk), group: nil)
                == .write(offset: 4446, bytes: Self.chunk))
        #expect(transfer.state == .complete(Self.header))
    }

    @Test func aBrokenTransferGoesOnWhereItWas() {
        var transfer = begun()
        _ = transfer.received(.chunk(offset: 0, bytes: Self.chunk), group: nil)
        #expect(transfer.received(.header(Self.header, offset: 4446), group: nil) == .none)
        #expect(transfer.state == .receiving(Self.header, received: 4446))
        var later = SnapshotTransfer(partial: (Self.header, 4446))
        #expect(later.received(.header(Self.header, offset: 4446), group: nil) == .none)
        #expect(SnapshotTransfer(partial: (Self.header, Self.total + 9)).state == .complete(Self.header))
    }

    @Test func anotherCopyBeginsAnew() {
        var transfer = begun()
        _ = transfer.received(.chunk(offset: 0, bytes: Self.chunk), group: nil)
        var other = Self.header
        other.snapshot = UniqueID(high: 9, low: 9)
        #expect(transfer.received(.preparing(done: 0, total: 4), group: nil) == .none)
        #expect(transfer.received(.header(other, offset: 0), group: nil) == .begin(other))
        #expect(transfer.resume?.offset == 0)
    }

    @Test func whatDoesNotFollowIsGivenUp() {
        var transfer = SnapshotTransfer()
        func isGivenUp(_ message: SnapshotMessage, group: GroupID? = nil) -> Bool {
            if case .giveUp = transfer.received(message, group: group) { true } else { false }
        }
        #expect(isGivenUp(.chunk(offset: 0, bytes: [1])))
        #expect(isGivenUp(.header(Self.header, offset: 5)))
        #expect(isGivenUp(.header(Self.header, offset: 0), group: GroupID(UniqueID(high: 5, low: 5))))
        #expect(isGivenUp(.refused("no")))
        transfer = begun()
        #expect(isGivenUp(.chunk(offset: 1, bytes: [1])))
        #expect(isGivenUp(.chunk(offset: 0, bytes: [UInt8](repeating: 1, count: Int(Self.total) + 1))))
        #expect(transfer.state == .receiving(Self.header, received: 0))
        transfer = SnapshotTransfer(partial: (Self.header, Self.total))
        #expect(isGivenUp(.chunk(offset: Self.total, bytes: [1])))
    }

    @Test func damageMakesEverythingComeAnew() {
        var transfer = SnapshotTransfer(partial: (Self.header, Self.total))
        transfer.wasDamaged()
        #expect(transfer.resume == nil)
        #expect(transfer.received(.header(Self.header, offset: 0), group: nil) == .begin(Self.header))
    }

    @Test func thePaceKeepsToItsRate() {
        var pace = SnapshotPace(rate: 1_000_000, now: .zero)
        #expect(pace.chunkSize == 250_000)
        #expect(pace.take(250_000, now: .zero) == .zero)
        #expect(pace.take(250_000, now: .zero) == .milliseconds(250))
        #expect(pace.take(250_000, now: Moment(nanoseconds: 500_000_000)) == .zero)
        // What was not sent is not made up for.
        #expect(pace.take(250_000, now: Moment(nanoseconds: 9_000_000_000)) == .zero)
        #expect(pace.take(250_000, now: Moment(nanoseconds: 9_000_000_000)) == .milliseconds(250))
        var free = SnapshotPace(rate: nil, now: .zero)
        #expect(free.take(1 << 40, now: .zero) == .zero && free.take(1, now: .zero) == .zero)
        #expect(free.chunkSize == SnapshotMessage.maximumChunk)
    }

    @Test func theProgressSaysHowFarAndHowLong() {
        var progress = SnapshotProgress(peer: "a:1", now: .zero)
        #expect(progress.description == "not begun yet")
        progress.begin(at: 0, of: 0, isPreparing: true, now: .zero)
        #expect(progress.description == "waiting for an older copy to be sent to another node")
        progress.begin(at: 3, of: 12, isPreparing: true, now: .zero)
        #expect(progress.description == "the copy is being made, 25 %")
        progress.begin(at: 100_000_000, of: 1_100_000_000, now: .zero)
        #expect(progress.description == "9 % of 1.1 GB")
        progress.advance(to: 300_000_000, now: Moment(nanoseconds: 2_000_000_000))
        #expect(progress.description == "27 % of 1.1 GB, 100.0 MB/s, 8 s left")
        progress.advance(to: 1_100_000_000, now: Moment(nanoseconds: 10_000_000_000))
        #expect(progress.percent == 100 && progress.secondsLeft == 0)
    }

    @Test(
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
            (12_340_000_000, "12.3 GB"), (5_000_000_000_000_000, "5000.0 TB"),
        ] as [(UInt64, String)])
    func bytesAreCountedInWords(_ count: UInt64, _ words: String) {
        #expect(ByteCount.words(count) == words)
    }
}
