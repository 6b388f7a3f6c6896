import TandemTransactions
import Testing

@testable import TandemPostgres

@Suite struct PositionOrderTests {
    private func isReached(_ engine: Engine, _ wanted: String, by reached: String) -> Bool? {
        PositionOrder.isReached(CommitPosition(engine, wanted), by: CommitPosition(engine, reached))
    }

    @Test(arguments: [
        ("0/2A", "0/2A", true), ("0/2A", "0/2B", true), ("0/2B", "0/2A", false), ("1/0", "0/FFFFFFFF", false),
        ("0/FFFFFFFF", "1/0", true), ("x", "0/1", nil as Bool?), ("0/1", "", nil),
    ])
    func positionsOfPostgreSQLAreCompared(wanted: String, reached: String, answer: Bool?) {
        #expect(isReached(.postgresql, wanted, by: reached) == answer)
    }

    /// Where data was given up, the older epoch's log went further than the newer one began: an index alone says nothing.
    @Test(arguments: [
        ("3@a:100", "3@a:100", true), ("3@a:100", "4@b:100", true), ("4@b:120", "3@a:150", false),
        ("4@b:120", "4@b:119", false), ("3@a:150", "4@b:120", false), ("unknown", "4@b:120", nil as Bool?),
        ("4@b:120", "4", nil), ("x@b:1", "4@b:120", nil),
    ])
    func positionsOfTandemAreComparedWithTheirEpochs(wanted: String, reached: String, answer: Bool?) {
        #expect(isReached(.tandem, wanted, by: reached) == answer)
    }

    @Test func thoseOfDifferentEnginesAreNot() {
        #expect(
            PositionOrder.isReached(
                CommitPosition(.tandem, "3@a:100"), by: CommitPosition(.postgresql, "0/64")) == nil)
    }
}
