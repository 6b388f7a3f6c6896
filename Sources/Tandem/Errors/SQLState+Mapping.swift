import CTandemSQLite
import GRDB
import PostgresWire
import TandemLog
import TandemReplication
import TandemSQLite

extension SQLState {
    init(_ error: SQLiteError) {
        let message = error.message
        // SQLite gives SQLITE_SCHEMA with the same messages where it had to read the schema anew.
        let isOfTheText = error.primaryResultCode == SQLITE_SCHEMA && message != "database schema has changed"
        if error.primaryResultCode == SQLITE_ERROR || isOfTheText {
            self = Self.ofText(message) ?? .syntaxError
            return
        }
        if error.primaryResultCode == SQLITE_FORMAT, let state = Self.ofDatetimes(message) {
            self = state
        } else {
            self.init(resultCode: error.resultCode)
        }
    }

    /// What SQLite has no code of its own for, by how its messages begin.
    private static let beginnings: [(words: String, state: SQLState)] = [
        ("no such table", .undefinedTable), ("no such view", .undefinedTable), ("no such column", .undefinedColumn),
        ("unknown column", .undefinedColumn), ("cannot join using column", .undefinedColumn),
        ("no such function", .undefinedFunction), ("wrong number of arguments", .undefinedFunction),
        ("no such", .undefinedObject), ("unrecognized configuration parameter", .undefinedObject),
        ("ambiguous column", .ambiguousColumn), ("duplicate column", .duplicateColumn),
        ("duplicate WITH table name", .duplicateAlias), ("there is already", .duplicateTable),
        ("ON CONFLICT clause does not match", .invalidColumnReference), ("misuse of aggregate", .groupingError),
        ("aggregate functions are not allowed", .groupingError), ("misuse of window function", .windowingError),
        ("use DROP ", .wrongObjectType), ("cannot INSERT into generated column", .generatedAlways),
        ("cannot UPDATE generated column", .generatedAlways), ("invalid value for parameter", .invalidParameterValue),
        ("integer overflow", .numericValueOutOfRange),
    ]

    /// What a plain error is about; nil where it is the statement's grammar, or cannot be told.
    private static func ofText(_ message: String) -> SQLState? {
        if message.contains("has no column named") { return .undefinedColumn }
        if message.hasSuffix("already exists") {
            return ["table", "view", "index"].contains { message.hasPrefix($0) } ? .duplicateTable : .duplicateObject
        }
        if message.contains(" BY term out of range") { return .invalidColumnReference }
        if message.hasSuffix(" because it is a view") { return .objectNotInPrerequisiteState }
        if message.hasSuffix(" has more than one primary key") { return .invalidTableDefinition }
        if message.contains(" after drop column: no such column") { return .dependentObjectsStillExist }
        return beginnings.first { message.hasPrefix($0.words) }?.state
    }

    /// What the functions of dates, numbers and texts refuse; all else they say is about a value that cannot be.
    private static func ofDatetimes(_ message: String) -> SQLState? {
        if message == "division by zero" { return .divisionByZero }
        if message.hasPrefix("invalid regular expression") { return .invalidRegularExpression }
        if message.hasPrefix("negative substring length") { return .substringError }
        if message.hasPrefix("invalid byte sequence for encoding") { return .characterNotInRepertoire }
        if message.hasSuffix("out of range") { return .datetimeFieldOverflow }
        if ["uuid", "pg_lsn"].contains(where: { message.hasPrefix("invalid input syntax for type \($0)") }) {
            return .invalidTextRepresentation
        }
        let isSyntax = ["a date", "type interval"].contains { message.hasPrefix("invalid input syntax for \($0)") }
        return isSyntax ? .invalidDatetimeFormat : nil
    }

    /// The SQLSTATE of one of SQLite's result codes.
    init(resultCode: Int32) {
        switch resultCode {
        case 2067, 1555, 2579: self = .uniqueViolation  // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY, _ROWID
        case 1299: self = .notNullViolation  // SQLITE_CONSTRAINT_NOTNULL
        case 787: self = .foreignKeyViolation  // SQLITE_CONSTRAINT_FOREIGNKEY
        case 275: self = .checkViolation  // SQLITE_CONSTRAINT_CHECK
        case 3091: self = .datatypeMismatch  // SQLITE_CONSTRAINT_DATATYPE
        default: self.init(primaryResultCode: resultCode & 0xFF)
        }
    }

    private init(primaryResultCode: Int32) {
        switch primaryResultCode {
        case SQLITE_CONSTRAINT: self = .integrityConstraintViolation
        case SQLITE_BUSY, SQLITE_LOCKED: self = .lockNotAvailable
        case SQLITE_READONLY: self = .readOnlySQLTransaction
        case SQLITE_INTERRUPT: self = .queryCanceled
        case SQLITE_FULL: self = .diskFull
        case SQLITE_NOMEM: self = .outOfMemory
        case SQLITE_IOERR, SQLITE_CANTOPEN: self = .ioError
        case SQLITE_CORRUPT, SQLITE_NOTADB: self = .dataCorrupted
        case SQLITE_TOOBIG: self = .programLimitExceeded
        case SQLITE_MISMATCH: self = .datatypeMismatch
        case SQLITE_RANGE: self = .undefinedParameter
        case SQLITE_FORMAT: self = .invalidParameterValue
        case SQLITE_AUTH: self = .insufficientPrivilege
        case SQLITE_ERROR: self = .syntaxError
        default: self = .internalError
        }
    }

    init(_ code: TandemError.Code) {
        switch code {
        case .readOnly: self = .readOnlySQLTransaction
        case .lockTimeout: self = .lockNotAvailable
        case .rolledBack: self = .serializationFailure
        case .inDoubt: self = .statementCompletionUnknown
        case .unavailable: self = .cannotConnectNow
        case .timeout: self = .queryCanceled
        case .idleInTransaction: self = .idleInTransactionSessionTimeout
        case .transactionAborted: self = .inFailedSQLTransaction
        case .activeTransaction: self = .activeSQLTransaction
        case .noTransaction: self = .noActiveSQLTransaction
        case .unknownSavepoint: self = .invalidSavepointSpecification
        case .connectionInUse: self = .objectInUse
        default: self = .internalError
        }
    }
}
