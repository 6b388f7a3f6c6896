import CTandemSQLite
import NIOCore
import PostgresWire
import TandemSQLite

/// A statement being run for a session: bound, stepped to its first row, its columns' types known.
final class ActiveQuery {
    let statement: SessionStatement
    let prepared: PreparedStatement
    let connection: any StatementConnection
    /// The portal that it was run to describe; nil for none.
    var portal: SessionPortal?
    private(set) var hasRow = false
    private(set) var types: [PostgresType] = []
    private(set) var isAlive = true
    private(set) var columnCount = 0

    var returnsRows: Bool { columnCount > 0 }

    /// Prepares, binds and takes the first step.
    ///
    /// - Parameter types: the columns' types where the client was told them already.
    init(
        _ statement: SessionStatement, _ parameters: [ParameterValue], on connection: any StatementConnection,
        values: SessionValues, types told: [PostgresType]? = nil
    ) throws(PostgresError) {
        self.statement = statement
        self.connection = connection
        do {
            connection.beginSession(values)
            // Before any part of it runs.
            if statement.conditional != nil {
                statement.types.typedText.skipped = try statement.skippedObjects(on: connection)
            }
            try statement.runPreceding(on: connection)
            prepared = try Self.prepare(statement, on: connection)
            let expected = prepared.highestParameterNumber
            guard parameters.count == expected else {
                throw PostgresError(
                    code: expected > 0 && parameters.isEmpty ? .undefinedParameter : .protocolViolation,
                    message: "\(parameters.count) parameters were given, but the statement has \(expected)")
            }
            try Self.bind(parameters, to: prepared)
            hasRow = try prepared.step()
            if !hasRow { try statement.runFollowing(on: connection) }
            // SQLite prepares a statement that is kept anew when it is run after a change of the schema, so not before.
            columnCount = prepared.columnCount
            if let told, told.count != columnCount { throw PostgresError.resultTypeChanged }
            if columnCount > 0 {
                types = try told ?? Self.types(of: prepared, statement, hasRow: hasRow, on: connection)
            }
        } catch {
            throw PostgresError(mapping: error, in: statement).namingKey(on: connection)
        }
    }

    deinit { release() }

    /// The columns as RowDescription tells them.
    func columns(formats: FormatCodes) -> [ColumnDescription] {
        (0..<columnCount).map { column in
            ColumnDescription(
                name: Self.name(of: column, prepared, statement), type: types[column], format: formats[column])
        }
    }

    /// Writes RowDescription with the tables that the columns are of, for the extended protocol's clients: many ask for it
    /// with each execution.
    func describe(to output: inout BackendMessages, formats: FormatCodes) {
        let key = KnownDescription.Key(preparation: prepared.preparationID, types: types, formats: formats)
        if let known = statement.types.description, known.key == key { return output.append(known.message) }
        var message = BackendMessages()
        message.rowDescription(
            ColumnOrigin.adding(to: columns(formats: formats), of: prepared, statement, on: connection))
        statement.types.description = KnownDescription(key: key, message: message)
        output.append(message)
    }

    /// SQLite calls an expression by its text, PostgreSQL by its function or type, or not at all.
    static func name(of column: Int, _ prepared: PreparedStatement, _ statement: SessionStatement) -> String {
        let own = prepared.columnName(column)
        guard statement.isTranslated || !isName(own) else { return own }
        let names = statement.types.names ?? ColumnNames.all(of: statement.source, count: prepared.columnCount)
        statement.types.names = names
        // Names are told as they are written.
        guard names.indices.contains(column), let name = names[column], name != own.lowercased() else { return own }
        return name
    }

    /// Whether it may be a column's own name: no literal, and nothing that is computed.
    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
                true
            default: false
            }
        }
        return isPlain && !["true", "false", "null"].contains(text.lowercased())
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
            case SQLITE_TEXT where type.isArray:
                try write(array: prepared.text(column), as: type, format, to: &output)
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
            throw PostgresError(mapping: error, in: statement).namingKey(on: connection)
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

    static func prepare(_ statement: SessionStatement, on connection: any StatementConnection)
        throws(PostgresError) -> PreparedStatement
    {
        let text = try statement.text(on: connection)
        let prepared: PreparedStatement
        do {
            guard let cached = try connection.cachedStatement(text) else {
                throw SQLiteError(.engine, "incomplete input")
            }
            prepared = cached
        } catch {
            throw PostgresError(mapping: error, in: statement)
        }
        statement.types.pace.prepared(using: prepared.preparation)
        return prepared
    }

    /// A statement that is kept tells of its columns as they were when it was last run; what Describe tells must be true.
    static func prepareAnew(_ statement: SessionStatement, on connection: any StatementConnection)
        throws(PostgresError) -> PreparedStatement
    {
        _ = ParameterTypes.schemaVersion(connection)
        var sql = try statement.text(on: connection)
        let prepared: Result<PreparedStatement?, SQLiteError> = sql.withUTF8 { text in
            do throws(SQLiteError) {
                return .success(try connection.prepare(text, from: 0).statement)
            } catch {
                return .failure(error)
            }
        }
        do {
            guard let prepared = try prepared.get() else { throw SQLiteError(.engine, "incomplete input") }
            return prepared
        } catch {
            throw PostgresError(mapping: error, in: statement)
        }
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

    /// The types of the columns: as told before, as declared, as the statement's text tells; text for a table's column that
    /// is declared without one, whose rows may differ; as the first row has them, else text.
    static func types(
        of prepared: PreparedStatement, _ statement: SessionStatement, hasRow: Bool,
        on connection: any StatementConnection
    ) throws(PostgresError) -> [PostgresType] {
        let count = prepared.columnCount
        if let told = statement.types.columns {
            guard told.count == count else {
                throw .resultTypeChanged
            }
            return told
        }
        return (0..<count).map { column in
            if let declared = prepared.columnDeclaredType(column) { return PostgresType(declaredAs: declared) }
            if let known = expressions(of: statement, count, on: connection)[column] { return known }
            if ColumnOrigin.all(of: prepared, statement, on: connection)[column] != ColumnOrigin() { return .text }
            return hasRow ? PostgresType(ofValue: prepared.columnType(column)) : .text
        }
    }

    private func write(
        array bytes: UnsafeRawBufferPointer, as type: PostgresType, _ format: FormatCode,
        to output: inout BackendMessages
    ) throws(PostgresError) {
        let text = String(decoding: bytes, as: UTF8.self)
        let array = type == PostgresType.bool.array ? ArrayText(text)?.ofBooleans : ArrayText(text)
        switch format {
        case .text: output.write(string: array?.literal ?? text)
        case .binary:
            guard let array, let element = type.element else { throw .noArray(type) }
            try output.write(binaryArray: array.elements, of: element)
        }
    }

    private static func expressions(
        of statement: SessionStatement, _ count: Int, on connection: any StatementConnection
    ) -> [PostgresType?] {
        if let known = statement.types.expressions, known.count == count { return known }
        var analysis = TypeAnalysis(statement.source, on: connection)
        if let computed = statement.types.computed { analysis.typer.parameter = { computed.parameters[$0] } }
        let found = analysis.columns(count: count)
        statement.types.expressions = found
        return found
    }
}

extension PostgresError {
    fileprivate static func noArray(_ type: PostgresType) -> PostgresError {
        PostgresError(
            code: .invalidBinaryRepresentation, message: "a text that is no array cannot be sent as binary \(type)",
            hint: "Ask for text format.", dataType: type.description)
    }
}
