import Logging
import NIOConcurrencyHelpers
import TandemTransactions

/// Connections to MariaDB servers through MariaDB's Connector/C.
///
/// ```swift
/// let books = try MariaDBDataSource("mariadb://study:secret@db-1:3306,db-2:3306/study?sslMode=verify-full")
/// ```
/// Of several hosts the first that has the wanted role is taken, the one that had it last before the others, or, where none
/// had it last, the one that is likeliest to have got it; so the primary is found again after a failover. A server that replicates or has `read_only` set is a replica. Types, what a
/// transaction is, and what a connection's reset covers are described in docs/MARIADB.md.
public struct MariaDBDataSource: DataSource {
    public let name: String
    private let parameters: ConnectionParameters
    private let options: MariaDBOptions
    private let logger: Logger
    /// The place of the host that had a role last, or is likeliest to have got it.
    private let lastGood: NIOLockedValueBox<[ServerRole?: Int]>

    /// A data source of the hosts that `connection` names, none of which it connects to yet.
    ///
    /// - Parameters:
    ///   - connection: `mariadb://user:password@host1:3306,host2:3307/database?options`; `mysql://` is the same. The
    ///     options are those of TLS: `sslMode` (`disable`, `trust`, `verify-full`; the default is `verify-full` where an
    ///     authority is named, else `disable`), `sslCA`, `sslCAPath`, `sslCert`, `sslKey`, `sslCipher`, `sslCRL`,
    ///     `tlsVersion`. What has other meaning in a URL is percent-encoded.
    ///   - options: how connections are used.
    ///   - logger: gets what an administrator should know, such as a missing privilege. Default: none.
    /// - Throws: ``/TandemTransactions/DatabaseError`` (`invalidValue`) where `connection` cannot be read.
    public init(
        _ connection: String, options: MariaDBOptions = MariaDBOptions(),
        logger: Logger = Logger(label: "tandem.mariadb") { _ in SwiftLogNoOpLogHandler() }
    ) throws {
        parameters = try ConnectionParameters(connection)
        name = parameters.hosts.map(\.name).joined(separator: ",")
        self.options = options
        self.logger = logger
        lastGood = NIOLockedValueBox([:])
    }

    public var engine: Engine { .mariadb }

    public var writers: WriterCount { .many }

    public func connect(
        to role: ServerRole?, deadline: ContinuousClock.Instant
    ) async throws -> any DataSourceConnection {
        let hosts = parameters.hosts
        var search = HostSearch(for: role, count: hosts.count, lastGood: lastGood.withLockedValue { $0[role] })
        do {
            let names = hosts.map(\.name)
            let (connection, place) = try await search.connection(to: names, until: deadline) { place, end in
                try await MariaDBConnection.connect(
                    to: hosts[place], parameters, options: options, logger: logger, deadline: end)
            }
            lastGood.withLockedValue { $0[role] = place }
            return connection
        } catch {
            if let place = search.likeliest { lastGood.withLockedValue { $0[role] = place } }
            throw error
        }
    }

    public func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? {
        guard let wanted = GTIDPosition(wanted), let reached = GTIDPosition(reached) else { return nil }
        return reached.reaches(wanted)
    }

    /// Commits of different domains have no order: both are remembered.
    public func latest(_ first: CommitPosition, _ second: CommitPosition) -> CommitPosition {
        guard let known = GTIDPosition(first), let new = GTIDPosition(second) else { return second }
        return CommitPosition(.mariadb, known.merged(with: new).text)
    }
}

extension MariaDBDataSource: CustomStringConvertible, CustomReflectable {
    /// The hosts, never a password.
    public var description: String { "MariaDBDataSource(\(name))" }

    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
