/// How a ``ConnectionPool`` behaves. Names, defaults and meaning are those of HikariCP where it has the setting.
///
/// A configuration that exists is a valid one: ``init(maximumSize:minimumIdle:acquireTimeout:connectTimeout:idleTimeout:maximumLifetime:keepAliveInterval:leakDetectionThreshold:initializationFailTimeout:aliveBypassWindow:validationTimeout:maximumBackoff:shutdownGrace:initialStatements:)``
/// refuses the others.
public struct PoolConfiguration: Sendable, Hashable {
    /// How many connections there are at most, those in use and those being made or closed among them. Default 10.
    /// (HikariCP: `maximumPoolSize`.)
    public let maximumSize: Int

    /// How many idle connections a pool that has been started keeps ready. Default: ``maximumSize``, a pool of fixed size.
    public let minimumIdle: Int

    /// How long a task waits for a connection. Default 30 s. (HikariCP: `connectionTimeout`.)
    public let acquireTimeout: Duration

    /// How long one attempt to connect may take. Default 10 s.
    public let connectTimeout: Duration

    /// How long a connection may lie idle while there are more than ``minimumIdle``; nil: for ever. Default 10 min.
    public let idleTimeout: Duration?

    /// How old a connection becomes; nil: any age. Default 30 min. (HikariCP: `maxLifetime`.)
    ///
    /// Each gets a lifetime of its own, up to a tenth shorter, so that those made together do not end together. One in
    /// use is closed when it is returned.
    public let maximumLifetime: Duration?

    /// How often an idle connection is asked whether it is alive; nil: never. Default 2 min, up to a fifth shorter for
    /// each connection. (HikariCP: `keepaliveTime`.)
    public let keepAliveInterval: Duration?

    /// After how long a connection that was not returned is reported as leaked; nil: never, the default.
    public let leakDetectionThreshold: Duration?

    /// For how long a pool tries to make its first connection before its start fails, and who asks for one; nil: they
    /// wait until the server is there. Default 1 s. At least one attempt is made.
    public let initializationFailTimeout: Duration?

    /// How long after its last use a connection is taken to be alive without being asked. Default 500 ms.
    public let aliveBypassWindow: Duration

    /// How long a connection may take to say that it is alive, to be reset, or to close. Default 5 s, but not longer than
    /// ``acquireTimeout``.
    public let validationTimeout: Duration

    /// For how long those that hold or await connections are still served when the pool is shut down with its service
    /// group. Default 30 s.
    public let shutdownGrace: Duration

    /// The longest pause between attempts to connect. Pauses begin at 50 ms and double after each failure. Default 1 s.
    public let maximumBackoff: Duration

    /// What is run on each new connection before anybody gets it, in this order, each final at once. None by default.
    /// (HikariCP: `connectionInitSql`.)
    ///
    /// What they set belongs to the connection: where a reset takes the settings of its users away, they are run again. A
    /// connection on which one fails is closed, and counts as one that could not be made; the time for all of them is that
    /// of ``connectTimeout``. They should leave alone what the data source itself sets: the character set, the format of
    /// dates, on MariaDB the time zone and `autocommit`.
    public let initialStatements: [Statement]

    /// The defaults.
    public static let `default` = PoolConfiguration(
        unchecked: 10, minimumIdle: 10, acquireTimeout: .seconds(30), connectTimeout: .seconds(10),
        idleTimeout: .seconds(600), maximumLifetime: .seconds(1800), keepAliveInterval: .seconds(120),
        leakDetectionThreshold: nil, initializationFailTimeout: .seconds(1), aliveBypassWindow: .milliseconds(500),
        validationTimeout: .seconds(5), maximumBackoff: .seconds(1), shutdownGrace: .seconds(30),
        initialStatements: [])

    /// The defaults, but for what is given.
    ///
    /// - Throws: ``DatabaseError`` with the code `invalidConfiguration`, naming every setting that is wrong.
    public init(
        maximumSize: Int = 10,
        minimumIdle: Int? = nil,
        acquireTimeout: Duration = .seconds(30),
        connectTimeout: Duration = .seconds(10),
        idleTimeout: Duration? = .seconds(600),
        maximumLifetime: Duration? = .seconds(1800),
        keepAliveInterval: Duration? = .seconds(120),
        leakDetectionThreshold: Duration? = nil,
        initializationFailTimeout: Duration? = .seconds(1),
        aliveBypassWindow: Duration = .milliseconds(500),
        validationTimeout: Duration? = nil,
        maximumBackoff: Duration = .seconds(1),
        shutdownGrace: Duration = .seconds(30),
        initialStatements: [Statement] = []
    ) throws {
        self.init(
            unchecked: maximumSize, minimumIdle: minimumIdle ?? maximumSize, acquireTimeout: acquireTimeout,
            connectTimeout: connectTimeout, idleTimeout: idleTimeout, maximumLifetime: maximumLifetime,
            keepAliveInterval: keepAliveInterval, leakDetectionThreshold: leakDetectionThreshold,
            initializationFailTimeout: initializationFailTimeout, aliveBypassWindow: aliveBypassWindow,
            validationTimeout: validationTimeout ?? min(.seconds(5), acquireTimeout), maximumBackoff: maximumBackoff,
            shutdownGrace: shutdownGrace, initialStatements: initialStatements)
        let problems = problems
        guard problems.isEmpty else {
            throw DatabaseError(
                .invalidConfiguration, "the pool cannot be made: \(problems.joined(separator: "; "))")
        }
    }

    private init(
        unchecked maximumSize: Int, minimumIdle: Int, acquireTimeout: Duration, connectTimeout: Duration,
        idleTimeout: Duration?, maximumLifetime: Duration?, keepAliveInterval: Duration?,
        leakDetectionThreshold: Duration?, initializationFailTimeout: Duration?, aliveBypassWindow: Duration,
        validationTimeout: Duration, maximumBackoff: Duration, shutdownGrace: Duration, initialStatements: [Statement]
    ) {
        self.maximumSize = maximumSize
        self.minimumIdle = minimumIdle
        self.acquireTimeout = acquireTimeout
        self.connectTimeout = connectTimeout
        self.idleTimeout = idleTimeout
        self.maximumLifetime = maximumLifetime
        self.keepAliveInterval = keepAliveInterval
        self.leakDetectionThreshold = leakDetectionThreshold
        self.initializationFailTimeout = initializationFailTimeout
        self.aliveBypassWindow = aliveBypassWindow
        self.validationTimeout = validationTimeout
        self.maximumBackoff = maximumBackoff
        self.shutdownGrace = shutdownGrace
        self.initialStatements = initialStatements
    }

    /// What is wrong, each as a sentence that says what to do; empty for a valid configuration.
    private var problems: [String] {
        var problems: [String] = []
        if !(1...Self.largestSize).contains(maximumSize) {
            problems.append("maximumSize is \(maximumSize), it must be between 1 and \(Self.largestSize)")
        }
        if minimumIdle < 0 || minimumIdle > maximumSize {
            problems.append("minimumIdle is \(minimumIdle), it must be between 0 and maximumSize (\(maximumSize))")
        }
        let durations: [(String, Duration?)] = [
            ("acquireTimeout", acquireTimeout), ("connectTimeout", connectTimeout), ("idleTimeout", idleTimeout),
            ("maximumLifetime", maximumLifetime), ("keepAliveInterval", keepAliveInterval),
            ("leakDetectionThreshold", leakDetectionThreshold), ("validationTimeout", validationTimeout),
            ("maximumBackoff", maximumBackoff),
        ]
        for case (let name, let duration?) in durations where duration <= .zero {
            problems.append("\(name) is \(duration), it must be longer than nothing (nil, where that is possible: off)")
        }
        for case (let name, let duration?) in [
            ("initializationFailTimeout", initializationFailTimeout), ("aliveBypassWindow", aliveBypassWindow),
            ("shutdownGrace", shutdownGrace),
        ] where duration < .zero {
            problems.append("\(name) is \(duration), it must not be negative")
        }
        for statement in initialStatements where statement.controlsTransaction {
            problems.append("initialStatements has \(statement.redacted), each must be final by itself")
        }
        return problems
    }

    /// More connections than any server takes: a number above it is a mistake.
    private static let largestSize = 100_000
}
