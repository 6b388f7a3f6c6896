extension PostgresError {
    @usableFromInline static var functionCallRefused: PostgresError {
        PostgresError(
            code: .featureNotSupported, message: "function calls by FunctionCall are not supported",
            hint: "Call the function in a SELECT.")
    }

    @usableFromInline static func undefinedStatement(_ name: String) -> PostgresError {
        PostgresError(
            code: .invalidSQLStatementName,
            message: name.isEmpty
                ? "unnamed prepared statement does not exist" : "prepared statement \"\(name)\" does not exist")
    }

    @usableFromInline static func undefinedPortal(_ name: String) -> PostgresError {
        PostgresError(code: .invalidCursorName, message: "portal \"\(name)\" does not exist")
    }

    @usableFromInline static func limitExceeded(_ what: String, _ limit: Int, _ hint: String) -> PostgresError {
        PostgresError(
            code: .configurationLimitExceeded, message: "a session may hold at most \(limit) \(what)", hint: hint)
    }

    @usableFromInline static func statementTooLong<Statement, Portal>(
        _ limits: SessionStateMachine<Statement, Portal>.Limits
    ) -> PostgresError {
        PostgresError(
            code: .programLimitExceeded,
            message: "a statement is longer than \(limits.statementLength) bytes, the limit",
            hint: "Send values as parameters, or many rows by COPY.")
    }
}
