import NIOConcurrencyHelpers

/// What the long messages of all connections may take together until their ends have come.
final class LongMessages: Sendable {
    /// Shorter ones are not counted: there are no more of them than connections.
    static let shortest = 1 << 20

    private let limit: Int
    private let taken = NIOLockedValueBox(0)

    /// - Parameter limit: in bytes.
    init(limit: Int) { self.limit = limit }

    /// A connection has `now` bytes of a message whose end has not come, and had `former`.
    ///
    /// - Returns: false if there is no room for that; it is counted all the same.
    func changed(from former: Int, to now: Int) -> Bool {
        taken.withLockedValue { taken in
            taken += now - former
            return now <= former || taken <= limit
        }
    }
}

extension PostgresError {
    static var tooManyLongMessages: PostgresError {
        PostgresError(
            severity: .fatal, code: .outOfMemory, message: "too many long messages are being received at once",
            hint: "Send it again later, or in parts.")
    }
}
