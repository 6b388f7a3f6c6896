import NIOCore
import PostgresWire

// PREPARE and EXECUTE as statements: the same prepared statements as the protocol's.
extension SessionEngine {
    func prepare(
        _ name: String, _ query: String, _ types: [PostgresType], on access: SessionAccess
    ) throws(PostgresError) -> SessionStop? {
        guard machine.statement(name) == nil else {
            throw PostgresError(
                code: SQLState("42P05"), message: "prepared statement \"\(name)\" already exists")
        }
        if let error = machine.limitReached(preparing: query.utf8.count) { throw error }
        let statement = try QueryText.single(query, parameterTypes: types)
        guard !statement.command.isLocal, !statement.command.isCopy else {
            throw PostgresError(code: .syntaxError, message: "PREPARE takes a query or a write")
        }
        if case .prepared = statement.command {
            throw PostgresError(code: .syntaxError, message: "PREPARE takes a query or a write")
        }
        let isChecked = try withConnection(access, for: statement) { connection throws(PostgresError) in
            try ActiveQuery.check(statement, on: connection)
        }
        guard isChecked else { return .needsReader }
        try hold(another: statement.byteCount)
        machine.statementPrepared(
            FrontendMessage.Parse(statement: name, query: query, parameterTypes: types), statement,
            byteCount: statement.byteCount)
        output.commandComplete("PREPARE")
        return nil
    }

    /// A prepared statement or a portal comes to what the session has: all sessions together have a bound.
    func hold(another byteCount: Int) throws(PostgresError) {
        let length = machine.byteCount + byteCount
        guard length >= AnswerHold.step else { return }
        let hold = preparedHold ?? AnswerHold(node.answerRoom.memory)
        preparedHold = hold
        try hold.grow(to: length)
    }

    /// What an EXECUTE runs, and with which values; nil for all other statements.
    func prepared(_ statement: SessionStatement) throws(PostgresError)
        -> (statement: SessionStatement, parameters: [ParameterValue])?
    {
        guard case .prepared(.execute(let name, let arguments)) = statement.command else { return nil }
        guard let prepared = machine.statement(name) else {
            throw PostgresError(
                code: .invalidSQLStatementName, message: "prepared statement \"\(name)\" does not exist")
        }
        var parameters: [ParameterValue] = []
        for (number, argument) in arguments.enumerated() {
            let bytes = argument.map { ByteBuffer(string: $0) }
            parameters.append(try ParameterValue(decoding: bytes, format: .text, of: prepared, number))
        }
        return (prepared, parameters)
    }
}
