/// Where a ``PostgresClientConnection`` goes, and as whom.
public struct PostgresClientOptions: Sendable {
    public var host: String
    public var port: Int
    /// The parameters of the StartupMessage: `user`, `database`, `replication`, `application_name` …
    public var parameters: [String: String]
    /// Proves who the user is, if the server asks; nil if there is none.
    public var password: String?
    /// TLS from the connection's first byte on, with the protocol's name (ALPN); nil for none. Servers older than
    /// PostgreSQL 17 do not know this way.
    public var tls: ClientTLS?
    /// How long the TCP connection may take. Default 5 seconds.
    public var connectTimeout = Duration.seconds(5)
    /// How long the start-up behind it may take. Default 10 seconds.
    public var startupTimeout = Duration.seconds(10)
    /// The longest message accepted from the server, in bytes of content. Default 1 GiB - 1.
    public var maximumMessageLength = BackendMessages.maximumMessageLength
    /// How many bytes of values a simple query may answer. Default 64 MiB.
    public var maximumResultBytes = 64 * 1024 * 1024
    /// How many queries may wait for the one before. Default 1,000.
    public var maximumWaitingQueries = 1000
    /// How much may wait to be sent before the connection is not writable any more, and how little must be left
    /// until it is again, in bytes. Default 256 and 64 KiB.
    public var writeBufferWaterMark = 64 * 1024...256 * 1024

    public init(
        host: String = "127.0.0.1", port: Int = 5432, user: String, database: String? = nil,
        parameters: [String: String] = [:]
    ) {
        self.host = host
        self.port = port
        self.parameters = parameters
        self.parameters["user"] = user
        if let database { self.parameters["database"] = database }
    }
}
