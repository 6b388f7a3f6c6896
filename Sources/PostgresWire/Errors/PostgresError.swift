/// What an ErrorResponse or NoticeResponse says, and the one error this module throws.
///
/// A message says what went wrong and, in ``hint``, what to do about it. It never holds a parameter's value.
public struct PostgresError: Error, Hashable, Sendable {
    /// How bad it is (field `S` and `V`).
    public enum Severity: String, Hashable, Sendable {
        /// The statement failed; the session goes on.
        case error = "ERROR"
        /// The session ends.
        case fatal = "FATAL"
        /// Every session of the server ends.
        case panic = "PANIC"
        case warning = "WARNING"
        case notice = "NOTICE"
        case debug = "DEBUG"
        case info = "INFO"
        case log = "LOG"

        /// Whether the connection is closed after it.
        public var endsSession: Bool { self == .fatal || self == .panic }
    }

    public var severity: Severity
    /// The SQLSTATE (field `C`).
    public var code: SQLState
    /// One sentence for people (field `M`).
    public var message: String
    /// More about the problem (field `D`).
    public var detail: String?
    /// What to do about it (field `H`).
    public var hint: String?
    /// Where in the query text, in characters from 1 (field `P`).
    public var position: Int?
    /// The context, such as the function that ran (field `W`).
    public var context: String?
    /// The schema the error is about (field `s`).
    public var schema: String?
    /// The table the error is about (field `t`).
    public var table: String?
    /// The column the error is about (field `c`).
    public var column: String?
    /// The data type the error is about (field `d`).
    public var dataType: String?
    /// The constraint that was violated (field `n`).
    public var constraint: String?
    /// The function of PostgreSQL's sources that raises this error (field `R`): drivers know some errors by it alone.
    public var routine: String?

    public init(
        severity: Severity = .error, code: SQLState, message: String, detail: String? = nil, hint: String? = nil,
        position: Int? = nil, context: String? = nil, schema: String? = nil, table: String? = nil,
        column: String? = nil, dataType: String? = nil, constraint: String? = nil
    ) {
        self.severity = severity
        self.code = code
        self.message = message
        self.detail = detail
        self.hint = hint
        self.position = position
        self.context = context
        self.schema = schema
        self.table = table
        self.column = column
        self.dataType = dataType
        self.constraint = constraint
    }

    /// The same error as one that ends the session.
    public var asFatal: PostgresError {
        var copy = self
        copy.severity = .fatal
        return copy
    }
}

extension PostgresError: CustomStringConvertible {
    public var description: String {
        var text = "\(severity.rawValue): \(code): \(message)"
        if let detail { text += " DETAIL: \(detail)" }
        if let hint { text += " HINT: \(hint)" }
        return text
    }
}

extension PostgresError {
    /// The peer broke the protocol in a way after which the bytes that follow mean nothing: the connection ends.
    @usableFromInline
    static func fatalViolation(_ message: String, hint: String? = nil) -> PostgresError {
        PostgresError(severity: .fatal, code: .protocolViolation, message: message, hint: hint)
    }

    /// A message whose frame is whole and whose content is not: the statement fails, the session goes on.
    @usableFromInline
    static func violation(_ message: String) -> PostgresError {
        PostgresError(code: .protocolViolation, message: message)
    }
}
