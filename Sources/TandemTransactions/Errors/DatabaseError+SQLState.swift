extension DatabaseError.Code {
    /// What an SQLSTATE of PostgreSQL or of the SQL standard means (PostgreSQL manual, appendix A).
    public init(sqlState: String) {
        switch sqlState {
        case "23502": self = .notNullViolation
        case "23503", "23001": self = .foreignKeyViolation
        case "23505": self = .uniqueViolation
        case "23514": self = .checkViolation
        case "25006": self = .readOnlyTransaction
        case "25P02": self = .transactionAborted
        case "40001": self = .serializationFailure
        case "40P01": self = .deadlock
        case "40003", "08007": self = .outcomeUnknown
        case "55P03": self = .lockTimeout
        case "57014", "25P03", "25P04", "57P05": self = .timeout
        case "57P01", "57P02", "57P03": self = .serverUnavailable
        default: self = Self.ofClass[String(sqlState.prefix(2))] ?? .other
        }
    }

    private static let ofClass: [String: Self] = [
        "08": .connectionLost, "21": .cardinalityViolation, "22": .invalidValue, "23": .constraintViolation,
        "28": .accessDenied,
        "42": .invalidStatement, "53": .serverUnavailable,
    ]
}
