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
            if message.hasPrefix("no such table") || message.hasPrefix("no such view") {
                self = .undefinedTable
            } else if message.hasPrefix("no such column") || message.contains("has no column named") {
                self = .undefinedColumn
            } else if message.hasPrefix("no such function") || message.hasPrefix("wrong number of arguments") {
                self = .undefinedFunction
            } else if message.hasPrefix("ambiguous column") {
                self = .ambiguousColumn
            } else if message.hasPrefix("duplicate column") {
                self = .duplicateColumn
            } else if message.hasSuffix("already exists") {
                self = message.hasPrefix("table") || message.hasPrefix("view") ? .duplicateTable : .duplicateObject
            } else if message.hasPrefix("no such") || message.hasPrefix("unrecognized configuration parameter") {
                self = .undefinedObject
            } else if message.hasPrefix("invalid value for parameter") {
                self = .invalidParameterValue
            } else if message == "integer overflow" {
                self = .numericValueOutOfRange
            } else {
                self = .syntaxError
            }
            return
        }
        if error.primaryResultCode == SQLITE_FORMAT, let state = Self.ofDatetimes(message) {
            self = state
        } else {
            self.init(resultCode: error.resultCode)
        }
    }

    /// What the functions of dates, numbers and texts refuse; all else they say is about a value that cannot be.
    private static func ofDatetimes(_ message: String) -> SQLState? {
        if message == "division by zero" { return .divisionByZero }
        if message.hasPrefix("invalid regular expression") { return .invalidRegularExpression }
        if message.hasPrefix("negative substring length") { return .substringError }
        if message.hasSuffix("out of range") { return .datetimeFieldOverflow }
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
