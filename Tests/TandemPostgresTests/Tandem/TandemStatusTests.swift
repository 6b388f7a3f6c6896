import TandemTransactions
import Testing

@testable import TandemPostgres

/// What is taken from a row of `SHOW tandem.status`.
@Suite struct TandemStatusTests {
    private func row(_ role: String, commit: Int64, applied: Int64) -> ResultRow {
        let columns = ResultRow.Columns(["role", "state", "epoch", "commit_index", "applied_position", "lag_seconds"])
        return ResultRow(
            columns: columns,
            values: [.text(role), .text("ready"), .text("2@n"), .integer(commit), .text("2@n:\(applied)"), .real(0)])
    }

    /// A replica that has become the primary knows of commits that it has still to apply.
    @Test(arguments: ["primary", "replica"]) func aNodeShowsWhatItHasApplied(role: String) {
        let status = ServerQuestions.tandemStatus(row(role, commit: 34, applied: 33))
        #expect(status.position == CommitPosition(.tandem, "2@n:33"))
    }

    @Test func aCommitIsReachedWhereTheGroupsIs() {
        #expect(
            ServerQuestions.tandemCommit(row("primary", commit: 34, applied: 33)) == CommitPosition(.tandem, "2@n:34"))
    }
}
