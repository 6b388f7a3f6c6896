import Testing

@testable import TandemTransactions

@Suite struct RetryPolicyTests {
    private let policy = RetryPolicy(attempts: 4, firstPause: .milliseconds(10), longestPause: .milliseconds(25))
    private let failure = DatabaseError(.serializationFailure, "another was faster")

    /// Draws the longest pause.
    private struct Highest: RandomNumberGenerator {
        mutating func next() -> UInt64 { .max }
    }

    @Test(arguments: [(1, Duration.milliseconds(10)), (2, .milliseconds(20)), (3, .milliseconds(25))])
    func pausesDoubleUpToTheirLimit(attempt: Int, limit: Duration) throws {
        var highest = Highest()
        let pause = try #require(policy.pause(after: failure, attempt: attempt, using: &highest))
        #expect(pause <= limit)
        #expect(pause > limit * 0.99)
    }

    @Test func afterTheLastAttemptTheErrorIsThrown() { #expect(policy.pause(after: failure, attempt: 4) == nil) }

    @Test func neverIsNever() { #expect(RetryPolicy.never.pause(after: failure, attempt: 1) == nil) }

    @Test func threeFailuresAreFourAttempts() { #expect(RetryPolicy.serializationFailures(3).attempts == 4) }

    @Test(arguments: [
        (DatabaseError.Code.serializationFailure, true), (.deadlock, true), (.outcomeUnknown, false),
        (.connectionLost, false), (.uniqueViolation, false), (.hookFailedAfterCommit, false),
    ]) func onlyCollisionsAreTriedAgain(code: DatabaseError.Code, isTried: Bool) {
        #expect((policy.pause(after: DatabaseError(code, ""), attempt: 1) != nil) == isTried)
    }

    @Test func aCollisionUnderAnotherErrorCounts() {
        let wrapped = DatabaseError(.unexpectedRollback, "", cause: failure)
        #expect(policy.pause(after: wrapped, attempt: 1) != nil)
        // What may have been committed is not done twice, whatever caused it.
        let unknown = DatabaseError(.outcomeUnknown, "", cause: failure)
        #expect(policy.pause(after: unknown, attempt: 1) == nil)
    }
}
