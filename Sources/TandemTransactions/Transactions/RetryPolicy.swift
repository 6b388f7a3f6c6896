/// How often a transaction is run again that another one was faster than.
public struct RetryPolicy: Sendable, Hashable {
    /// How often the body is run at most, the first time included; less than 1 is as 1.
    public var attempts: Int
    /// The longest pause before the second run; it doubles with each further one. Default 5 milliseconds.
    public var firstPause: Duration
    /// The longest pause of all. Default 1 second.
    public var longestPause: Duration

    /// A body that runs at most `attempts` times.
    public init(
        attempts: Int, firstPause: Duration = .milliseconds(5), longestPause: Duration = .seconds(1)
    ) {
        self.attempts = attempts
        self.firstPause = firstPause
        self.longestPause = longestPause
    }

    /// The error is thrown.
    public static let never = RetryPolicy(attempts: 1)

    /// Runs it again after a serialization failure or a deadlock, at most `times` times. Nothing of the runs before is
    /// kept, so a body that changes anything but the database must bear to be run again.
    public static func serializationFailures(_ times: Int) -> RetryPolicy { RetryPolicy(attempts: 1 + max(0, times)) }

    /// How long to wait before the next run; nil where there is none. The pause is drawn between nothing and its limit
    /// ("full jitter"), so that those who collided do not collide again.
    func pause(
        after error: any Error, attempt: Int, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard attempt < attempts, Self.isRetriable(error) else { return nil }
        let limit = min(longestPause, firstPause * (1 << min(attempt - 1, 20)))
        return limit * Double.random(in: 0...1, using: &generator)
    }

    func pause(after error: any Error, attempt: Int) -> Duration? {
        var generator = SystemRandomNumberGenerator()
        return pause(after: error, attempt: attempt, using: &generator)
    }

    /// Whether it is, or was caused by, a failure after which the same transaction may succeed.
    private static func isRetriable(_ error: any Error) -> Bool {
        guard let error = error as? DatabaseError else { return false }
        switch error.code {
        case .serializationFailure, .deadlock: return true
        case .outcomeUnknown, .hookFailedAfterCommit: return false
        default: return error.cause.map(isRetriable) ?? false
        }
    }
}
