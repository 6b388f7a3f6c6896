/// How a ``PostgresServer`` listens and what it allows.
public struct PostgresServerOptions: Sendable {
    /// Default 127.0.0.1.
    public var host = "127.0.0.1"
    /// 0 lets the system choose. Default 5432.
    public var port = 5432
    /// Sessions that are not for replication. One more is refused with 53300. Default 500.
    public var maximumConnections = 500
    /// Sessions for replication; they have a count of their own, so that clients cannot lock replicas out. Default 16.
    public var maximumReplicationConnections = 16
    /// Connections in their start-up, beyond the sessions. One more takes the place of the oldest, which is refused
    /// with 53300: who says nothing keeps nobody out. Default 200.
    public var maximumStartups = 200
    /// How long a start-up may take, TLS and authentication included. Default 10 seconds.
    public var startupTimeout = Duration.seconds(10)
    /// How many connections the system keeps until they are accepted. Default 512.
    public var backlog: Int32 = 512
    /// How much may wait to be sent before a channel is not writable any more, and how little must be left until it
    /// is again, in bytes. Default 256 and 64 KiB.
    public var writeBufferWaterMark = 64 * 1024...256 * 1024
    /// For how long the next statement of a client that is alone is looked for before its event loop sleeps, if its
    /// statements follow each other closely (``BusyPoll``). Zero for not at all. Default 50 microseconds.
    public var busyPoll = Duration.microseconds(50)
    /// How long messages may be.
    public var limits = FrontendFrameDecoder.Limits()
    /// What messages of more than 1 MiB may take together while their ends have not come, in bytes. One more of them ends
    /// its connection with 53200. Default: four of the longest.
    public var maximumLongMessageBytes: Int {
        get { givenLongMessageBytes ?? 4 * limits.largeMessage }
        set { givenLongMessageBytes = newValue }
    }
    private var givenLongMessageBytes: Int?
    /// How users prove who they are. Default: everybody is let in.
    public var authenticate: PostgresAuthenticator = PostgresUser.trust
    /// How long a client waits for being told that its log-in has failed. Default 1 second.
    public var failedLoginDelay = Duration.seconds(1)
    /// Is told of log-ins that have failed, on the connection's event loop.
    public var loginFailed: @Sendable (FailedLogin) -> Void = { _ in }
    /// Certificate and key; nil for no TLS, the default.
    public var tls: ServerTLS?
    /// Whether clients without TLS are sent away. Default false.
    public var requiresTLS = false
    /// What clients are told after start-up, in this order. `application_name` is added as the client gave it.
    public var parameterStatuses: [(name: String, value: String)] = [
        ("server_version", "15.0"),
        ("server_encoding", "UTF8"),
        ("client_encoding", "UTF8"),
        ("DateStyle", "ISO, MDY"),
        ("IntervalStyle", "postgres"),
        ("TimeZone", "UTC"),
        ("integer_datetimes", "on"),
        ("standard_conforming_strings", "on"),
    ]

    public init() {}

    var encryption: StartupStateMachine.Encryption {
        tls == nil ? .refused : requiresTLS ? .required : .offered
    }
}
