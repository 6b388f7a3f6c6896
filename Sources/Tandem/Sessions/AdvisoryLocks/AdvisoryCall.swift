import PostgresWire

/// A call of one of PostgreSQL's functions for advisory locks.
struct AdvisoryCall {
    enum Action {
        /// Waits until the lock is there.
        case lock
        /// Tells whether it was there.
        case tryToLock
        case unlock
        /// Gives back all that the session has taken for itself.
        case unlockAll
    }

    let action: Action
    let mode: AdvisoryLockTable.Mode
    let scope: AdvisoryLockTable.Scope
    let key: AdvisoryKey

    /// - Parameter text: the function's name without `pg_`, a colon, and its arguments with a comma between them.
    /// - Throws: ``PostgresError``: 22P02 where an argument is no integer, 22003 where it is too large.
    init(_ text: Substring) throws(PostgresError) {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = halves[0]
        if name == "advisory_unlock_all" {
            action = .unlockAll
        } else if name.contains("unlock") {
            action = .unlock
        } else {
            action = name.hasPrefix("try_") ? .tryToLock : .lock
        }
        mode = name.hasSuffix("_shared") ? .shared : .exclusive
        scope = name.contains("_xact_") ? .transaction : .session
        let arguments = halves.count > 1 ? halves[1].split(separator: ",", omittingEmptySubsequences: false) : []
        switch arguments.count {
        case 0: key = AdvisoryKey(0)
        case 1: key = try AdvisoryKey(Self.number(arguments[0], "bigint"))
        default:
            key = try AdvisoryKey(Self.number(arguments[0], "integer"), Self.number(arguments[1], "integer"))
        }
    }

    private static func number<Number: FixedWidthInteger>(
        _ text: Substring, _ type: String
    ) throws(PostgresError) -> Number {
        if let number = Number(text) { return number }
        let digits = text.drop { $0 == "-" }
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            throw PostgresError(
                code: .invalidTextRepresentation, message: "invalid input syntax for type \(type): \"\(text)\"")
        }
        throw PostgresError(code: .numericValueOutOfRange, message: "\(type) out of range: \(text)")
    }
}
