import CTandemSQLite

/// SQLite's extended result codes that Tandem deals with; `sqlite3.h` has them as expressions, which Swift does not
/// import (<https://www.sqlite.org/rescode.html>).
public enum SQLiteResultCode {
    public static let abortRollback = SQLITE_ABORT | (2 << 8)
    public static let busySnapshot = SQLITE_BUSY | (2 << 8)
    public static let constraintCheck = SQLITE_CONSTRAINT | (1 << 8)
    public static let constraintCommitHook = SQLITE_CONSTRAINT | (2 << 8)
    public static let constraintForeignKey = SQLITE_CONSTRAINT | (3 << 8)
    public static let constraintNotNull = SQLITE_CONSTRAINT | (5 << 8)
    public static let constraintPrimaryKey = SQLITE_CONSTRAINT | (6 << 8)
    public static let constraintTrigger = SQLITE_CONSTRAINT | (7 << 8)
    public static let constraintUnique = SQLITE_CONSTRAINT | (8 << 8)
    public static let constraintRowid = SQLITE_CONSTRAINT | (10 << 8)
    public static let constraintDataType = SQLITE_CONSTRAINT | (12 << 8)
    static let full = SQLITE_FULL
    static let inputOutput = SQLITE_IOERR
    static let noMemory = SQLITE_NOMEM
    /// `SQLITE_IOERR_WRITE`, `SQLITE_IOERR_TRUNCATE`.
    static let writeFailed = SQLITE_IOERR | (3 << 8)
    static let truncateFailed = SQLITE_IOERR | (6 << 8)
    /// `SQLITE_IOERR_FSYNC`: a flush has failed.
    public static let flushFailed = SQLITE_IOERR | (4 << 8)
}
