import PostgresWire

/// What a client can SET and SHOW: the settings every PostgreSQL client expects to exist, and Tandem's own.
struct SessionSettings {
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
        defaults = Self.defaults(
            user: user, isSuperuser: isSuperuser, applicationName: applicationName, isReplica: isReplica, configuration)
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

    /// What RESET makes of a setting; nil where that is nothing.
    func start(of name: String) -> String? { defaults[name] }

    /// Every setting of the session with its value, in alphabetic order.
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
            throw SettingDescription.all[key]?.refusal
                ?? PostgresError(code: SQLState("55P02"), message: "parameter \"\(name)\" cannot be changed")
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
        if let setting = SettingDescription.node[key] { throw setting.refusal }
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
