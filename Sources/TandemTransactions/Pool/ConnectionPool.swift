import Logging
import ServiceLifecycle

/// Connections to one data source, kept and handed out one at a time.
///
/// A ``Database`` has one for each of its servers. It works as soon as it is made, and then makes connections when they
/// are asked for; while ``run()`` runs it also keeps ``PoolConfiguration/minimumIdle`` of them ready.
public final class ConnectionPool: Service {
    let driver: PoolDriver

    /// The servers, for people.
    public var name: String { driver.name }
    /// Its limits, as it was made.
    public var configuration: PoolConfiguration { driver.configuration }

    /// A pool without connections: they are made when they are asked for, or once ``run()`` runs.
    ///
    /// - Parameters:
    ///   - source: makes the connections.
    ///   - role: what the server must be to be connected to; nil for whatever it is.
    ///   - configuration: its limits.
    ///   - logger: told of leaks and of unreachable servers, at `warning`, and of single connections, at `debug`.
    public convenience init(
        _ source: any DataSource, role: ServerRole? = nil, configuration: PoolConfiguration = .default,
        logger: Logger = Logger(label: "tandem.pool")
    ) {
        self.init(source, role: role, configuration: configuration, whenUnreachable: .wait, logger: logger)
    }

    init(
        _ source: any DataSource, role: ServerRole?, configuration: PoolConfiguration,
        whenUnreachable: UnreachablePolicy, logger: Logger = Logger(label: "tandem.pool")
    ) {
        driver = PoolDriver(
            source, role: role, configuration: configuration, whenUnreachable: whenUnreachable, logger: logger)
    }

    deinit { driver.abandon() }
}

extension ConnectionPool {
    /// What the pool is doing.
    public var status: PoolStatus { driver.status }

    /// Runs `body` with a connection.
    ///
    /// - Parameters:
    ///   - deadline: until when to wait for it, if that is sooner than ``PoolConfiguration/acquireTimeout``.
    ///   - resets: whether the connection is made as new afterwards; false for a `body` that changes nothing of its session.
    ///   - fileID: the place of the call, for messages of the pool.
    ///   - line: the same.
    ///   - body: what is done with it. The connection must not be kept beyond its end.
    /// - Throws: what `body` throws; `CancellationError`; ``DatabaseError`` with the codes `poolExhausted` (none became
    ///   free in time; the message says who holds them), `closed`, `timeout` (the deadline was the sooner), or why the
    ///   server could not be reached.
    public nonisolated(nonsending) func withConnection<Value>(
        deadline: ContinuousClock.Instant? = nil, resets: Bool = true, fileID: String = #fileID, line: UInt = #line,
        _ body: (any DataSourceConnection) async throws -> Value
    ) async throws -> Value {
        let lease = try await driver.acquire(
            for: Acquirer(file: fileID, line: line), deadline: deadline.map { Moment($0) })
        defer { lease.release(needsReset: resets) }
        return try await body(lease.connection)
    }

    /// Closes all connections, those in use when they are returned, because they lead to where they should not lead any
    /// more: after a change of roles, or of a password.
    ///
    /// - Parameter reason: for the log.
    public func evictAll(reason: String) { driver.evictAll(reason: reason) }

    /// Keeps ``PoolConfiguration/minimumIdle`` connections ready until the pool is shut down: by its service group, which
    /// gives those that hold connections ``PoolConfiguration/shutdownGrace``, by ``shutdown(grace:)``, or at once by
    /// cancellation. However it ends, the pool has been shut down then.
    ///
    /// - Throws: why no connection could be made within ``PoolConfiguration/initializationFailTimeout``.
    public func run() async throws { try await driver.run() }

    /// Ends the pool: whoever waits is still served, whoever asks anew is refused with the code `closed`, and connections
    /// are closed as they are returned.
    ///
    /// Returns when all are closed, or when `grace` is over and only those are left that are still in use; they are closed
    /// when they are returned. Cancellation ends the grace.
    ///
    /// - Parameter grace: for how long those that hold or await connections are served. Default 30 s.
    public func shutdown(grace: Duration = .seconds(30)) async { await driver.shutdown(grace: grace) }
}
