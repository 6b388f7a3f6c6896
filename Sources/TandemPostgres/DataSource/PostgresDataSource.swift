import Logging
import NIOConcurrencyHelpers
import TandemTransactions

/// Connections to PostgreSQL servers, and to Tandem nodes over the wire, through libpq.
///
/// ```swift
/// let books = try PostgresDataSource("postgresql://study:secret@db-1:5432,db-2:5432/study?sslmode=verify-full")
/// ```
/// Of several hosts the first that has the wanted role is taken, the one that had it last before the others, or, where none
/// had it last, the one that is likeliest to have got it; so the primary is found again after a failover. Types, what is inferred, and what a connection's reset covers are described
/// in docs/POSTGRES.md.
public struct PostgresDataSource: DataSource {
    private struct Known: Sendable {
        /// The place of the host that had a role last, or is likeliest to have got it.
        var lastGood: [ServerRole: Int] = [:]
        var lastAny: Int?
        var kind: ServerKind
    }

    public let name: String
    private let parameters: ConnectionParameters
    private let options: PostgresOptions
    private let logger: Logger
    private let known: NIOLockedValueBox<Known>

    /// A data source of the hosts that `connection` names, none of which it connects to yet.
    ///
    /// - Parameters:
    ///   - connection: libpq's URI (`postgresql://`, `postgres://`, or `tandem://` for Tandem nodes), or its keywords
    ///     and values (`host=db-1,db-2 dbname=study`). TLS is configured there (`sslmode`, `sslrootcert`, …).
    ///   - options: how connections are used.
    ///   - logger: gets the servers' notices: their warnings as such, the rest at level debug. Default: none.
    /// - Throws: ``/TandemTransactions/DatabaseError`` (`invalidValue`) where `connection` cannot be read.
    public init(
        _ connection: String, options: PostgresOptions = PostgresOptions(),
        logger: Logger = Logger(label: "tandem.postgres") { _ in SwiftLogNoOpLogHandler() }
    ) throws {
        parameters = try ConnectionParameters(connection)
        name = parameters.description
        self.options = options
        self.logger = logger
        let kind: ServerKind = connection.hasPrefix("tandem://") ? .tandem : .postgresql
        known = NIOLockedValueBox(Known(kind: kind))
    }

    /// PostgreSQL's until a Tandem node has answered, unless the connection string says `tandem://`.
    public var engine: Engine { known.withLockedValue { $0.kind.engine } }

    public var writers: WriterCount { engine == .tandem ? .one : .many }
    public var readsTakeWriter: Bool { engine == .tandem }

    public func connect(
        to role: ServerRole?, deadline: ContinuousClock.Instant
    ) async throws -> any DataSourceConnection {
        let hosts = parameters.hosts
        let last = known.withLockedValue { known in role.map { known.lastGood[$0] } ?? known.lastAny }
        var search = HostSearch(for: role, count: hosts.count, lastGood: last)
        do {
            let names = hosts.map(\.name)
            let (connection, place) = try await search.connection(to: names, until: deadline) { place, end in
                try await PostgresConnection.connect(
                    hosts[place].parameters.map { ($0.keyword, $0.value) }, server: hosts[place].name,
                    options: options, logger: logger, deadline: end)
            }
            note(connection, at: place)
            return connection
        } catch {
            if let role, let place = search.likeliest { known.withLockedValue { $0.lastGood[role] = place } }
            throw error
        }
    }

    private func note(_ connection: PostgresConnection, at place: Int) {
        known.withLockedValue { known in
            known.kind = connection.kind
            known.lastGood[connection.role] = place
            known.lastAny = place
        }
    }

    public func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? {
        PositionOrder.isReached(wanted, by: reached)
    }
}

extension PostgresDataSource: CustomStringConvertible, CustomReflectable {
    /// The hosts, never a password.
    public var description: String { "PostgresDataSource(\(name))" }

    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
