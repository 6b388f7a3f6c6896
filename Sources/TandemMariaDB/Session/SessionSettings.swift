/// What each session is set to, when it is new and after it has been reset.
enum SessionSettings {
    /// Timestamps are in UTC; values that do not fit are errors, in every kind of table; an answer to COMMIT tells its
    /// GTID.
    static let statement =
        "SET NAMES utf8mb4; SET SESSION time_zone = '+00:00', autocommit = 1, "
        + "session_track_system_variables = 'last_gtid', sql_mode = '\(mode)'"

    private static let mode =
        "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
        + "NO_ENGINE_SUBSTITUTION"
}
