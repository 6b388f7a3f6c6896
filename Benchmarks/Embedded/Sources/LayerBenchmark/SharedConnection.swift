import TandemTransactions

/// A data source whose one connection is made already, so that it is measured by itself and beneath the layer: two connections
/// have two threads here, and two sessions there, on two event loops or in two processes, whose cost differs by more than the
/// layer's.
struct SharedConnection: DataSource {
    private let source: any DataSource
    let connection: any DataSourceConnection

    init(to source: any DataSource) async throws {
        self.source = source
        connection = try await source.connect(to: .primary, deadline: .now + .seconds(10))
    }

    var name: String { source.name }
    var engine: Engine { source.engine }
    var writers: WriterCount { source.writers }
    var readsTakeWriter: Bool { source.readsTakeWriter }

    /// To be asked once: whoever has the connection closes it.
    func connect(to role: ServerRole?, deadline: ContinuousClock.Instant) async throws -> any DataSourceConnection {
        connection
    }

    func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? {
        source.isReached(wanted, by: reached)
    }

    func latest(_ first: CommitPosition, _ second: CommitPosition) -> CommitPosition { source.latest(first, second) }
}
