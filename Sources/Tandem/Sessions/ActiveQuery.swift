import CTandemSQLite
import NIOCore
import PostgresWire
import TandemSQLite

/// A statement being run for a session: bound, stepped to its first row, its columns' types known.
final class ActiveQuery {
    let statement: SessionStatement
    let prepared: PreparedStatement
    private let connection: any StatementConnection
    private(set) var hasRow = false
    private(set) var types: [PostgresType] = []
    private(set) var isAlive = true
    let columnCount: Int

    var returnsRows: Bool { columnCount > 0 }

    /// Prepares, binds and takes the first step.
    init(
        _ statement: SessionStatement, _ parameters: [ParameterValue], on connection: any StatementConnection,
        values: SessionValues
    ) throws(PostgresError) {
        self.statement = statement
        self.connection = connection
        do {
            connection.beginSession(values)
            prepared = try Self.prepare(statement, on: connection)
            let expected = prepared.highestParameterNumber
            guard parameters.count == expected else {
                connection.giveBack(prepared)
                throw PostgresError(
                    code: expected > 0 && parameters.isEmpty ? .undefinedParameter : .protocolViolation,
                    message: "\(parameters.count) parameters were given, but the statement has \(expected)")
            }
            columnCount = prepared.columnCount
            try Self.bind(parameters, to: prepared)
            hasRow = try prepared.step()
            if columnCount > 0 { types = Self.types(of: prepared, hasRow: hasRow) }
        } catch {
            throw PostgresError(mapping: error, in: statement)
        }
    }

    deinit { release() }

    /// The columns as RowDescription tells them.
    func columns(formats: FormatCodes) -> [ColumnDescription] {
        (0..<columnCount).map { column in
            ColumnDescription(name: prepared.columnName(column), type: types[column], format: formats[column])
        }
    }

    /// Writes the current row.
    func writeRow(to output: inout BackendMessages, formats: FormatCodes) throws(PostgresError) {
        output.beginDataRow(columns: columnCount)
        for column in 0..<columnCount {
            let (type, format) = (types[column], formats[column])
            switch prepared.columnType(column) {
            case SQLITE_NULL: output.writeNull()
            case SQLITE_INTEGER: try output.write(integer: prepared.int64(column), as: type, format)
            case SQLITE_FLOAT: try output.write(real: prepared.double(column), as: type, format)
            case SQLITE_TEXT: try output.write(text: prepared.text(column), as: type, format)
            default: try output.write(blob: prepared.blob(column), as: type, format)
            }
        }
        try output.endDataRow()
    }

    /// Goes to the next row.
    func advance() throws(PostgresError) {
        do {
            hasRow = try prepared.step()
        } catch {
            throw PostgresError(mapping: error, in: statement)
        }
    }

    /// The statement has done its work.
    ///
    /// - Returns: what it made of the session's values.
    func finish() -> SessionValues {
        let values = connection.endSession()
        release()
        return values
    }

    private static func prepare(_ statement: SessionStatement, on connection: any StatementConnection)
        throws(SQLiteError) -> PreparedStatement
    {
        guard let prepared = try connection.cachedStatement(statement.sql) else {
            throw SQLiteError(.engine, "incomplete input")
        }
        return prepared
    }

    /// Gives the statement back to its connection, wherever it stands.
    func release() {
        guard isAlive else { return }
        isAlive = false
        connection.giveBack(prepared)
    }

    private static func bind(_ parameters: [ParameterValue], to statement: PreparedStatement) throws(SQLiteError) {
        for (number, value) in parameters.enumerated() {
            guard let index = statement.parameterIndex(number: number + 1) else { continue }
            try value.bind(to: statement, at: index)
        }
    }

    /// The types of the columns: as declared, else as the first row has them, else text.
    private static func types(of statement: PreparedStatement, hasRow: Bool) -> [PostgresType] {
        (0..<statement.columnCount).map { column in
            if let declared = statement.columnDeclaredType(column) { return PostgresType(declaredAs: declared) }
            guard hasRow else { return .text }
            switch statement.columnType(column) {
            case SQLITE_INTEGER: return .int8
            case SQLITE_FLOAT: return .float8
            case SQLITE_BLOB: return .bytea
            default: return .text
            }
        }
    }
}

extension ActiveQuery {
    /// Checks that SQLite can prepare a statement.
    static func check(_ statement: SessionStatement, on connection: any StatementConnection) throws(PostgresError) {
        do {
            connection.giveBack(try prepare(statement, on: connection))
        } catch {
            throw PostgresError(mapping: error, in: statement)
        }
    }

    /// What Describe tells of a statement that has no parameter values yet.
    static func describe(_ statement: SessionStatement, on connection: any StatementConnection)
        throws(PostgresError) -> (parameters: [PostgresType], columns: [ColumnDescription])
    {
        do {
            let prepared = try prepare(statement, on: connection)
            defer { connection.giveBack(prepared) }
            let given = statement.parameterTypes
            let parameters = (0..<prepared.highestParameterNumber).map { number in
                number < given.count && given[number] != .unspecified ? given[number] : .text
            }
            let types = types(of: prepared, hasRow: false)
            let columns = (0..<prepared.columnCount).map { column in
                ColumnDescription(name: prepared.columnName(column), type: types[column])
            }
            return (parameters, columns)
        } catch {
            throw PostgresError(mapping: error, in: statement)
        }
    }
}
