import TandemMacros

extension Database {
    /// A database whose servers cannot be reached.
    static var unconnected: Database { Database(primary: UnconnectedDataSource()) }
}

/// A data source that never connects: what runs no statement does not notice.
struct UnconnectedDataSource: DataSource {
    let name = "nowhere"
    let engine = Engine(rawValue: "none")
    let writers = WriterCount.many

    func connect(to role: ServerRole?, deadline: ContinuousClock.Instant) async throws -> any DataSourceConnection {
        throw DatabaseError(.connectionLost, "there is no server")
    }

    func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? { nil }
}
