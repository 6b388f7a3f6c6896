/// A five-character error code of the SQL standard and PostgreSQL ("PostgreSQL Error Codes", appendix A).
///
/// The constants name the codes a server over SQLite needs, in the manual's own words; any other code can be made
/// from its text.
public struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
    public init(_ rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }

    /// The class of the code: its first two characters, such as `23` for all integrity violations.
    public var classCode: Substring { rawValue.prefix(2) }
}

// MARK: Classes 00 to 0A: completion, warnings, connections

extension SQLState {
    public static let successfulCompletion = SQLState("00000")
    public static let warning = SQLState("01000")
    public static let connectionFailure = SQLState("08006")
    public static let connectionUnableToEstablish = SQLState("08001")
    public static let connectionDoesNotExist = SQLState("08003")
    public static let protocolViolation = SQLState("08P01")
    public static let featureNotSupported = SQLState("0A000")
}

// MARK: Classes 21 to 23: data

extension SQLState {
    public static let cardinalityViolation = SQLState("21000")
    public static let stringDataRightTruncation = SQLState("22001")
    public static let numericValueOutOfRange = SQLState("22003")
    public static let invalidDatetimeFormat = SQLState("22007")
    public static let datetimeFieldOverflow = SQLState("22008")
    public static let substringError = SQLState("22011")
    public static let divisionByZero = SQLState("22012")
    public static let characterNotInRepertoire = SQLState("22021")
    public static let invalidParameterValue = SQLState("22023")
    public static let invalidRegularExpression = SQLState("2201B")
    public static let invalidTextRepresentation = SQLState("22P02")
    public static let invalidBinaryRepresentation = SQLState("22P03")
    public static let badCopyFileFormat = SQLState("22P04")
    public static let integrityConstraintViolation = SQLState("23000")
    public static let notNullViolation = SQLState("23502")
    public static let foreignKeyViolation = SQLState("23503")
    public static let uniqueViolation = SQLState("23505")
    public static let checkViolation = SQLState("23514")
}

// MARK: Classes 25 to 40: transactions, names of statements and portals, access

extension SQLState {
    public static let activeSQLTransaction = SQLState("25001")
    public static let readOnlySQLTransaction = SQLState("25006")
    public static let noActiveSQLTransaction = SQLState("25P01")
    public static let inFailedSQLTransaction = SQLState("25P02")
    public static let idleInTransactionSessionTimeout = SQLState("25P03")
    public static let invalidSQLStatementName = SQLState("26000")
    public static let invalidAuthorizationSpecification = SQLState("28000")
    public static let dependentObjectsStillExist = SQLState("2BP01")
    public static let invalidPassword = SQLState("28P01")
    public static let invalidCursorName = SQLState("34000")
    public static let invalidSavepointSpecification = SQLState("3B001")
    public static let invalidCatalogName = SQLState("3D000")
    public static let invalidSchemaName = SQLState("3F000")
    public static let transactionRollback = SQLState("40000")
    public static let serializationFailure = SQLState("40001")
    public static let statementCompletionUnknown = SQLState("40003")
    public static let deadlockDetected = SQLState("40P01")
}

// MARK: Class 42: syntax and names

extension SQLState {
    public static let insufficientPrivilege = SQLState("42501")
    public static let syntaxError = SQLState("42601")
    public static let duplicateColumn = SQLState("42701")
    public static let ambiguousColumn = SQLState("42702")
    public static let undefinedColumn = SQLState("42703")
    public static let undefinedObject = SQLState("42704")
    public static let duplicateObject = SQLState("42710")
    public static let duplicateAlias = SQLState("42712")
    public static let groupingError = SQLState("42803")
    public static let datatypeMismatch = SQLState("42804")
    public static let wrongObjectType = SQLState("42809")
    public static let undefinedFunction = SQLState("42883")
    public static let generatedAlways = SQLState("428C9")
    public static let invalidColumnReference = SQLState("42P10")
    public static let invalidTableDefinition = SQLState("42P16")
    public static let undefinedTable = SQLState("42P01")
    public static let undefinedParameter = SQLState("42P02")
    public static let duplicateCursor = SQLState("42P03")
    public static let duplicatePreparedStatement = SQLState("42P05")
    public static let duplicateTable = SQLState("42P07")
    public static let indeterminateDatatype = SQLState("42P18")
    public static let windowingError = SQLState("42P20")
}

// MARK: Classes 53 to XX: resources, state, operator, system

extension SQLState {
    public static let diskFull = SQLState("53100")
    public static let outOfMemory = SQLState("53200")
    public static let tooManyConnections = SQLState("53300")
    public static let configurationLimitExceeded = SQLState("53400")
    public static let programLimitExceeded = SQLState("54000")
    public static let statementTooComplex = SQLState("54001")
    public static let tooManyColumns = SQLState("54011")
    // swift-format-ignore: DontRepeatTypeInStaticProperties
    public static let objectNotInPrerequisiteState = SQLState("55000")
    public static let objectInUse = SQLState("55006")
    public static let lockNotAvailable = SQLState("55P03")
    public static let queryCanceled = SQLState("57014")
    public static let adminShutdown = SQLState("57P01")
    public static let crashShutdown = SQLState("57P02")
    public static let cannotConnectNow = SQLState("57P03")
    public static let idleSessionTimeout = SQLState("57P05")
    public static let systemError = SQLState("58000")
    public static let ioError = SQLState("58030")
    public static let internalError = SQLState("XX000")
    public static let dataCorrupted = SQLState("XX001")
}
