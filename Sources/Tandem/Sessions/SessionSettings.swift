import PostgresWire

/// What a client can SET and SHOW: the settings every PostgreSQL client expects to exist, and Tandem's own.
struct SessionSettings {
    /// How a setting treats a new value.
    private enum Kind {
        /// Any text is taken and has no further meaning here.
        case text
        /// Only the value it has is taken, written in any case.
        case fixed
        case boolean
        /// The name of an isolation level.
        case isolation
        /// A time; a bare number is in milliseconds, as PostgreSQL has it. 0 is none.
        case duration
        /// Can be shown only.
        case readOnly
    }

    private static let kinds: [String: Kind] = [
        "application_name": .text, "block_size": .readOnly, "bytea_output": .fixed, "client_encoding": .fixed,
        "client_min_messages": .text, "datestyle": .text,
        "default_transaction_deferrable": .boolean, "default_transaction_isolation": .isolation,
        "default_transaction_read_only": .boolean, "extra_float_digits": .text,
        "idle_in_transaction_session_timeout": .duration, "idle_session_timeout": .duration,
        "integer_datetimes": .readOnly, "intervalstyle": .text, "lc_collate": .readOnly, "lc_ctype": .readOnly,
        "max_identifier_length": .readOnly, "max_index_keys": .readOnly,
        "is_superuser": .readOnly, "lock_timeout": .duration, "search_path": .text, "server_encoding": .readOnly,
        "server_version": .readOnly, "server_version_num": .readOnly, "session_authorization": .readOnly,
        "standard_conforming_strings": .fixed, "statement_timeout": .duration, "tandem.commit_timeout": .duration,
        "timezone": .text, "transaction_deferrable": .readOnly, "transaction_isolation": .readOnly,
        "transaction_read_only": .readOnly, "in_hot_standby": .readOnly,
        // Of the planner, of memory and of what scripts of pg_dump begin with: taken, without any effect.
        "check_function_bodies": .text, "default_table_access_method": .text, "default_tablespace": .text,
        "jit": .boolean, "maintenance_work_mem": .text, "row_security": .boolean, "work_mem": .text, "xmloption": .text,
    ]

    private static let isolationLevels = ["read uncommitted", "read committed", "repeatable read", "serializable"]

    /// What clients are told when their session starts and whenever it changes ("ParameterStatus").
    static let reported = [
        "application_name", "client_encoding", "DateStyle", "default_transaction_read_only", "in_hot_standby",
        "integer_datetimes", "IntervalStyle", "is_superuser", "server_encoding", "server_version",
        "session_authorization", "standard_conforming_strings", "TimeZone",
    ]

    /// The PostgreSQL version whose behaviour clients may expect.
    static let serverVersion = "15.0 (Tandem 0.1.0)"

    private var values: [String: String]
    private var defaults: [String: String]
    /// Whether the node was a replica when that was last looked at.
    private(set) var isReplica: Bool
    /// Whether the client has set `default_transaction_read_only`: on a replica it is on anyway.
    private(set) var choseReadOnly = false
    /// Whether its start-up packet has.
    private var startsReadOnly = false

    private(set) var lockTimeout: Duration?
    private(set) var statementTimeout: Duration?
    private(set) var commitTimeout: Duration?
    private(set) var idleSessionTimeout: Duration?
    /// What the session itself has set `idle_in_transaction_session_timeout` to: it holds for blocks that keep nothing
    /// from others, too.
    private(set) var chosenIdleInTransactionTimeout: Duration?
    /// At most the node's: an open transaction keeps others waiting, so that a client cannot lift the bound.
    private(set) var idleInTransactionTimeout: Duration?
    private let maximumIdleInTransactionTimeout: Duration

    /// - Parameter isSuperuser: whether the user may administrate.
    init(
        user: String, isSuperuser: Bool, applicationName: String, isReplica: Bool, configuration: NodeConfiguration
    ) {
        defaults = [
            "application_name": applicationName, "block_size": "8192", "bytea_output": "hex",
            "check_function_bodies": "on", "client_encoding": "UTF8", "client_min_messages": "notice",
            "datestyle": "ISO, MDY", "default_table_access_method": "heap", "default_tablespace": "",
            "default_transaction_deferrable": "off", "default_transaction_isolation": "read committed",
            "default_transaction_read_only": isReplica ? "on" : "off", "extra_float_digits": "1",
            "idle_in_transaction_session_timeout": Self.text(configuration.idleInTransactionTimeout),
            "idle_session_timeout": Self.text(configuration.idleSessionTimeout),
            "in_hot_standby": isReplica ? "on" : "off", "integer_datetimes": "on", "intervalstyle": "postgres",
            "is_superuser": isSuperuser ? "on" : "off", "jit": "off", "lc_collate": "C", "lc_ctype": "C",
            "lock_timeout": Self.text(configuration.lockTimeout), "maintenance_work_mem": "64MB",
            "max_identifier_length": "63", "max_index_keys": "32", "row_security": "on",
            "search_path": "\"$user\", public",
            "server_encoding": "UTF8", "server_version": Self.serverVersion,
            "server_version_num": "150000", "session_authorization": user, "standard_conforming_strings": "on",
            "statement_timeout": Self.text(configuration.statementTimeout),
            "tandem.commit_timeout": Self.text(configuration.commitTimeout), "timezone": "UTC",
            "work_mem": "4MB", "xmloption": "content",
        ]
        self.isReplica = isReplica
        values = defaults
        maximumIdleInTransactionTimeout = configuration.idleInTransactionTimeout
        lockTimeout = configuration.lockTimeout
        statementTimeout = configuration.statementTimeout
        commitTimeout = configuration.commitTimeout
        idleSessionTimeout = configuration.idleSessionTimeout
        idleInTransactionTimeout = configuration.idleInTransactionTimeout
    }

    var defaultsToReadOnly: Bool { values["default_transaction_read_only"] == "on" }

    /// A setting's value; nil if there is no such setting. Names are compared without case.
    func value(of name: String) -> String? { values[name.lowercased()] }

    /// The settings that only the client knows: their names have a dot.
    var own: [String: String] { values.filter { $0.key.contains(".") && Self.kinds[$0.key] == nil } }

    /// Every setting with its value, in alphabetic order.
    var all: [(name: String, value: String)] { values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    /// Sets `name`; a name with a dot that nobody knows is taken and remembered, as PostgreSQL does.
    mutating func set(_ name: String, to value: String) throws(PostgresError) {
        let key = name.lowercased()
        guard let kind = Self.kinds[key] else {
            guard key.contains(".") else { throw Self.unknown(name) }
            try checkRoom(for: key, value)
            values[key] = value
            return
        }
        switch kind {
        case .text:
            try Self.checkLength(name, value)
            values[key] = value
        case .readOnly:
            throw PostgresError(code: SQLState("55P02"), message: "parameter \"\(name)\" cannot be changed")
        case .fixed:
            let isSame = Self.folded(value) == Self.folded(defaults[key] ?? "")
            guard isSame else { throw Self.invalid(name, value, "It can only be \(defaults[key] ?? "").") }
        case .boolean:
            guard let flag = PostgresBoolean.parse(value.utf8) else {
                throw Self.invalid(name, value, "Say on or off.")
            }
            values[key] = flag ? "on" : "off"
        case .isolation:
            guard Self.isolationLevels.contains(value.lowercased()) else {
                throw Self.invalid(name, value, "Say one of \(Self.isolationLevels.joined(separator: ", ")).")
            }
            values[key] = value.lowercased()
        case .duration:
            guard let duration = Self.duration(value) else {
                throw Self.invalid(
                    name, value, "Say a time such as 500ms, 10s or 2min; a bare number is in milliseconds.")
            }
            guard duration <= Self.maximumDuration else {
                throw Self.invalid(
                    name, value, "It is outside the valid range (0 .. \(Int32.max) ms).")
            }
            values[key] = Self.text(duration == .zero ? nil : duration)
        }
        note(key, isChosen: true)
    }

    /// Sets what the client's start-up packet asks for: RESET leads back to it.
    mutating func start(with startup: StartupSettings) throws(PostgresError) {
        for (name, value) in startup.values {
            try set(name, to: value)
            defaults[name.lowercased()] = values[name.lowercased()]
        }
        startsReadOnly = choseReadOnly
    }

    /// Sets `name` back to what it was when the session started.
    mutating func reset(_ name: String) throws(PostgresError) {
        let key = name.lowercased()
        guard Self.kinds[key] != nil || key.contains(".") else { throw Self.unknown(name) }
        values[key] = defaults[key]
        note(key)
    }

    mutating func resetAll() {
        values = defaults
        for key in [
            "lock_timeout", "statement_timeout", "tandem.commit_timeout", "idle_in_transaction_session_timeout",
            "idle_session_timeout", "default_transaction_read_only",
        ] {
            note(key)
        }
    }

    /// The node has become a replica, or a primary.
    ///
    /// - Returns: the settings that are others for that.
    mutating func roleChanged(isReplica: Bool) -> [String] {
        self.isReplica = isReplica
        defaults["in_hot_standby"] = isReplica ? "on" : "off"
        values["in_hot_standby"] = defaults["in_hot_standby"]
        defaults["default_transaction_read_only"] = isReplica || startsReadOnly ? "on" : "off"
        values["default_transaction_read_only"] = isReplica || choseReadOnly ? "on" : "off"
        return ["default_transaction_read_only", "in_hot_standby"]
    }

    /// The user may administrate now, or no longer.
    mutating func superuserChanged(_ isSuperuser: Bool) {
        defaults["is_superuser"] = isSuperuser ? "on" : "off"
        values["is_superuser"] = defaults["is_superuser"]
    }

    static func unknown(_ name: String) -> PostgresError {
        PostgresError(code: .undefinedObject, message: "unrecognized configuration parameter \"\(name)\"")
    }

    private mutating func note(_ key: String, isChosen: Bool = false) {
        let duration = values[key].flatMap(Self.duration).flatMap { $0 == .zero ? nil : $0 }
        switch key {
        case "lock_timeout": lockTimeout = duration
        case "statement_timeout": statementTimeout = duration
        case "idle_session_timeout": idleSessionTimeout = duration
        case "tandem.commit_timeout": commitTimeout = duration
        case "default_transaction_read_only": choseReadOnly = (isChosen || startsReadOnly) && values[key] == "on"
        case "idle_in_transaction_session_timeout":
            let bounded = min(duration ?? maximumIdleInTransactionTimeout, maximumIdleInTransactionTimeout)
            idleInTransactionTimeout = bounded
            chosenIdleInTransactionTimeout = isChosen ? bounded : nil
            values[key] = Self.text(bounded)
        default: break
        }
    }
}
