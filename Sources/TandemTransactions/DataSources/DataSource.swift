/// Where connections to a server come from: the driver's side of the transaction layer.
///
/// A data source holds no connections; the pool does. It may name several hosts, and then connects to the first that is
/// what is asked for, so that after a failover the primary is found again.
public protocol DataSource: Sendable {
    /// The servers, for people: `db-1:7432`. Never a password.
    var name: String { get }

    /// What kind of database they are: positions of commits are compared only within one.
    var engine: Engine { get }

    /// How many transactions may write at the same time.
    var writers: WriterCount { get }

    /// Whether a transaction that may write has the one writer from its first statement on where its level is above read
    /// committed, and not only from its first write on. By default it has not.
    var readsTakeWriter: Bool { get }

    /// Connects to a server of that role; nil for whatever role it has.
    ///
    /// - Throws: ``DatabaseError`` (`connectionLost`, `accessDenied`, `serverUnavailable`; `noServer` where none of the
    ///   hosts has the role), or `CancellationError`.
    func connect(to role: ServerRole?, deadline: ContinuousClock.Instant) async throws -> any DataSourceConnection

    /// Whether a server that stands at `reached` shows everything up to `wanted`; nil where the two cannot be compared.
    func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool?

    /// The position that includes both of one session's. By default the second, unless the first includes it.
    func latest(_ first: CommitPosition, _ second: CommitPosition) -> CommitPosition
}

extension DataSource {
    public var readsTakeWriter: Bool { false }

    public func latest(_ first: CommitPosition, _ second: CommitPosition) -> CommitPosition {
        isReached(second, by: first) == true ? first : second
    }
}

/// How many transactions may write at the same time.
public enum WriterCount: Sendable, Hashable {
    /// One: a second writing transaction waits for the first. An embedded node is so.
    case one
    /// As many as there are connections. Servers are so that lock rows.
    case many
}
