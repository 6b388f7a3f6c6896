import ServiceLifecycle

extension Database: Service {
    /// Keeps connections ready until the service group shuts down; see ``ConnectionPool/run()``.
    ///
    /// A database works without it, and then makes its connections when they are asked for. Replicas that are down do not
    /// hinder the start.
    ///
    /// - Throws: why the primary could not be reached within ``PoolConfiguration/initializationFailTimeout``.
    public func run() async throws {
        defer { router.close() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.primary.run() }
            for replica in replicas { group.addTask { try await replica.run() } }
            try await group.waitForAll()
        }
    }

    /// Ends the pools of all servers; see ``ConnectionPool/shutdown(grace:)``.
    ///
    /// - Parameter grace: for how long those that hold or await connections are served. Default 30 s.
    public func shutdown(grace: Duration = .seconds(30)) async {
        router.close()
        await withTaskGroup(of: Void.self) { group in
            for pool in [primary] + replicas { group.addTask { await pool.shutdown(grace: grace) } }
        }
    }

    /// What the pools are doing, the primary's first.
    public var poolStatus: [PoolStatus] { ([primary] + replicas).map(\.status) }

    /// Closes all connections, those in use when they are returned; see ``ConnectionPool/evictAll(reason:)``.
    ///
    /// - Parameter reason: for the log.
    public func evictAllConnections(reason: String) {
        for pool in [primary] + replicas { pool.evictAll(reason: reason) }
    }
}
