import TandemTransactions

/// A data source whose server is never there.
struct UnreachableDataSource: DataSource {
    let name = "down"
    let engine = Engine(rawValue: "recording")
    let writers = WriterCount.many

    func connect(to role: ServerRole?, deadline: ContinuousClock.Instant) async throws -> any DataSourceConnection {
        throw DatabaseError(.connectionLost, "refused", sqlState: "08001")
    }

    func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? { nil }
}
