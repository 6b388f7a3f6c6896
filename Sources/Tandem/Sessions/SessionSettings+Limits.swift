import PostgresWire

// What settings may take of a session's memory: names with a dot may be any, and are remembered.
extension SessionSettings {
    /// How long a value may be, in bytes.
    private static let maximumLength = 64 << 10
    /// How long a name with a dot may be, in bytes.
    private static let maximumNameLength = 256
    /// So many names with a dot may be set.
    private static let maximumNames = 1_000
    /// What they and their values may take together, in bytes.
    private static let maximumTotal = 1 << 20

    static func checkLength(_ name: String, _ value: String) throws(PostgresError) {
        guard value.utf8.count <= maximumLength else {
            throw PostgresError(
                code: .invalidParameterValue,
                message: "the value of parameter \"\(name)\" is longer than \(maximumLength) bytes, the limit")
        }
    }

    /// - Throws: ``PostgresError``: 42602 for a name that is too long, 22023 for a value that is, 53400 where there is no
    ///   room for more.
    func checkRoom(for key: String, _ value: String) throws(PostgresError) {
        guard key.utf8.count <= Self.maximumNameLength else {
            throw PostgresError(
                code: SQLState("42602"),
                message: "the name of a parameter is longer than \(Self.maximumNameLength) bytes, the limit")
        }
        try Self.checkLength(key, value)
        let others = own.filter { $0.key != key }
        let total = others.reduce(key.utf8.count + value.utf8.count) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard others.count < Self.maximumNames, total <= Self.maximumTotal else {
            throw PostgresError(
                code: .configurationLimitExceeded,
                message: "a session may set at most \(Self.maximumNames) parameters with a dot in their names, "
                    + "of \(Self.maximumTotal) bytes together",
                hint: "RESET those no longer needed, or DISCARD ALL.")
        }
    }
}
