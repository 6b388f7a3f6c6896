import TandemTransactions

/// A statement as it is sent: its text, and its parameters in libpq's form.
struct StatementCall {
    let statement: Statement
    let parameters: ParameterList
    let key: StatementCache.Key

    /// - Throws: ``DatabaseError`` for what cannot be sent.
    init(_ statement: Statement, _ encoding: ParameterEncoding) throws {
        self.statement = statement
        parameters = try encoding.list(statement.parameters)
        let sql = statement.sql(in: .numbered)
        guard !sql.utf8.contains(0) else {
            throw DatabaseError(.invalidStatement, "a statement cannot contain a NUL character", sqlState: "42601")
        }
        // More than that do not fit the protocol's count of 16 bits.
        guard parameters.count <= 65_535 else {
            throw DatabaseError(
                .invalidStatement, "a statement cannot have more than 65535 parameters, and has \(parameters.count)",
                sqlState: "54023")
        }
        key = StatementCache.Key(sql: sql, types: parameters.types)
    }
}
