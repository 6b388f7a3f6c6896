import GRDB

extension ReaderPool {
    /// Runs `body` with a reader.
    public func withReader<Result>(
        timeout: Duration? = nil, _ body: (ReaderConnection) throws -> Result
    ) throws -> Result {
        let reader = try checkOut(timeout: timeout)
        defer { checkIn(reader) }
        return try body(reader)
    }

    /// Reads with GRDB in a transaction: one state of the database.
    public func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try withReader { try $0.read(body) }
    }
}
