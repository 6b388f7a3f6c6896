// Which settings there are, and what they are when a session starts.
extension SessionSettings {
    /// How a setting treats a new value.
    enum Kind {
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

    static let kinds = ofSession.merging(SettingDescription.node.mapValues { _ in .readOnly }) { first, _ in first }

    private static let ofSession: [String: Kind] = [
        "application_name": .text, "block_size": .readOnly, "bytea_output": .fixed, "client_encoding": .fixed,
        "client_min_messages": .text, "datestyle": .text,
        "default_transaction_deferrable": .boolean, "default_transaction_isolation": .isolation,
        "default_transaction_read_only": .boolean, "extra_float_digits": .text,
        "idle_in_transaction_session_timeout": .duration, "idle_session_timeout": .duration,
        "integer_datetimes": .readOnly, "intervalstyle": .text, "lc_collate": .readOnly, "lc_ctype": .readOnly,
        "max_identifier_length": .readOnly, "max_index_keys": .readOnly, "password_encryption": .fixed,
        "is_superuser": .readOnly, "lock_timeout": .duration, "search_path": .text, "server_encoding": .readOnly,
        "server_version": .readOnly, "server_version_num": .readOnly, "session_authorization": .readOnly,
        "standard_conforming_strings": .fixed, "statement_timeout": .duration, "tandem.commit_timeout": .duration,
        "timezone": .text, "transaction_deferrable": .readOnly, "transaction_isolation": .readOnly,
        "transaction_read_only": .readOnly, "in_hot_standby": .readOnly,
        // Of the planner, of memory and of what scripts of pg_dump begin with: taken, without any effect.
        "check_function_bodies": .text, "default_table_access_method": .text, "default_tablespace": .text,
        "jit": .boolean, "maintenance_work_mem": .text, "row_security": .boolean, "work_mem": .text, "xmloption": .text,
    ]

    static let isolationLevels = ["read uncommitted", "read committed", "repeatable read", "serializable"]

    /// What clients are told when their session starts and whenever it changes ("ParameterStatus").
    static let reported = [
        "application_name", "client_encoding", "DateStyle", "default_transaction_read_only", "in_hot_standby",
        "integer_datetimes", "IntervalStyle", "is_superuser", "server_encoding", "server_version",
        "session_authorization", "standard_conforming_strings", "TimeZone",
    ]

    /// The PostgreSQL version whose behaviour clients may expect.
    static let serverVersion = "15.0 (Tandem 0.1.0)"

    /// What a session begins with.
    static func defaults(
        user: String, isSuperuser: Bool, applicationName: String, isReplica: Bool, _ configuration: NodeConfiguration
    ) -> [String: String] {
        [
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
            "max_identifier_length": "63", "max_index_keys": "32", "password_encryption": "scram-sha-256",
            "row_security": "on", "search_path": "\"$user\", public",
            "server_encoding": "UTF8", "server_version": Self.serverVersion,
            "server_version_num": "150000", "session_authorization": user, "standard_conforming_strings": "on",
            "statement_timeout": Self.text(configuration.statementTimeout),
            "tandem.commit_timeout": Self.text(configuration.commitTimeout), "timezone": "UTC",
            "work_mem": "4MB", "xmloption": "content",
        ]
    }
}
