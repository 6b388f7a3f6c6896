import Logging
import NIOCore
import NIOPosix
import PostgresWire

// Where a node listens, and whether it may.
extension NodeParts {
    static func check(_ configuration: NodeConfiguration) throws(TandemError) {
        let listen = configuration.listen
        guard (try? SocketAddress.makeAddressResolvingHost(listen.host, port: listen.port)) != nil else {
            throw TandemError(
                .invalidConfiguration,
                "cannot listen on \(listen): the host '\(listen.host)' is not known here; say HOST:PORT, such as 127.0.0.1:7432"
            )
        }
        if let followed = configuration.role.followed,
            followed == listen && listen.port != 0 || followed == configuration.advertise
        {
            throw TandemError(
                .invalidConfiguration, "\(followed) is this node's own address; a replica follows another node")
        }
        if case .cascade = configuration.role, configuration.failover != nil {
            throw TandemError(
                .invalidConfiguration,
                "a cascade is no member of the group and takes no part in its failover; leave --failover away, or --upstream"
            )
        }
        guard listen.isLoopback || configuration.allowsInsecureListening || configuration.tls != nil else {
            throw TandemError(
                .invalidConfiguration,
                """
                \(listen) can be reached by other machines, and there it takes TLS and users: say --tls-certificate \
                FILE and --tls-key FILE, and make the first user by 'tandem user add NAME --data \
                \(configuration.dataDirectory)' while the node is stopped. Or say --insecure, which lets everybody who \
                can reach it do everything.
                """)
        }
        if case .count(let count) = configuration.acknowledgements, count < 0 {
            throw TandemError(.invalidConfiguration, "a negative number of acknowledgements is not possible")
        }
        try checkLog(configuration)
    }

    /// Whole segments are pruned, and never the one that is written: a limit below two would prune each as soon as it is
    /// full, whoever needs it, and a wish below one would keep nothing.
    private static func checkLog(_ configuration: NodeConfiguration) throws(TandemError) {
        let segment = UInt64(configuration.segmentSize)
        let words = "the log is pruned by whole segments of \(segment) bytes (--segment-size)"
        if let limit = configuration.logLimit, limit < 2 * segment {
            throw TandemError(
                .invalidConfiguration,
                "--log-limit is \(limit) bytes, and must be \(2 * segment) at least: \(words), and one is being written"
            )
        }
        guard let wish = configuration.logKeepSize else { return }
        if wish > 0, wish < segment {
            throw TandemError(
                .invalidConfiguration,
                "--log-keep-size is \(wish) bytes, and must be \(segment) at least, or 0 for no such wish: \(words)")
        }
        if let limit = configuration.logLimit, wish > limit {
            throw TandemError(
                .invalidConfiguration,
                "--log-keep-size is \(wish) bytes, which is above --log-limit: keep at most \(limit), or say a limit of \(wish) at least"
            )
        }
    }

    static func listen(
        _ configuration: NodeConfiguration, on group: any EventLoopGroup, services: NodeServices,
        replication: ReplicationService, access: NodeAccess, logger: Logger
    ) async throws -> PostgresServer {
        var options = PostgresServerOptions()
        options.host = configuration.listen.host
        options.port = configuration.listen.port
        options.parameterStatuses = []
        options.maximumStartups = configuration.maximumStartups
        options.startupTimeout = configuration.loginTimeout
        options.busyPoll = configuration.busyPoll
        options.limits.largeMessage = configuration.maximumMessageSize
        access.apply(to: &options)
        options.maximumConnections = try connections(
            configuration, replicas: options.maximumReplicationConnections, logger)
        do {
            return try await PostgresServer.listen(options, on: group) { (channel, startup) throws(PostgresError) in
                guard startup.isReplication else {
                    return try Session(channel: channel, startup: startup, node: services)
                }
                let user = SessionUser(channel, name: startup.user)
                try user.require(.replicate, for: "replication")
                return replication.makeSession(channel)
            }
        } catch {
            let isInUse = String(describing: error).contains("in use")
            throw TandemError(
                isInUse ? .addressInUse : .invalidConfiguration,
                isInUse
                    ? "the address \(configuration.listen) is in use; is another node running? Choose another --listen"
                    : error.message)
        }
    }

    /// As many client connections as were asked for, or as the system has descriptors for: a node that runs out of
    /// them would fail at its log.
    private static func connections(
        _ configuration: NodeConfiguration, replicas: Int, _ logger: Logger
    ) throws(TandemError) -> Int {
        let limit = FileDescriptors.raiseLimit()
        let capacity = FileDescriptors.capacity(
            limit, readers: configuration.maximumReaders + configuration.eventLoops, replicas: replicas,
            startups: configuration.maximumStartups)
        guard capacity < configuration.maximumConnections else { return configuration.maximumConnections }
        guard capacity > 0 else {
            throw TandemError(
                .invalidConfiguration,
                "this process may open \(limit) files, too few for any client; raise the limit (ulimit -n, or LimitNOFILE= of systemd)"
            )
        }
        logger.warning(
            "fewer client connections than asked for: the limit of open files allows no more",
            metadata: [
                "open files": "\(limit)", "connections": "\(capacity)", "asked": "\(configuration.maximumConnections)",
                "do": "raise the limit: ulimit -n, or LimitNOFILE= of systemd",
            ])
        return capacity
    }
}
