import NIOCore
import PostgresWire
import TandemSQLite

/// COPY FROM STDIN under way: what the client has sent of it becomes rows once the writer is there.
///
/// Until then it is collected, up to ``maximumCollected`` bytes: a COPY that is shorter keeps the writer for itself no
/// longer than its rows take, however slowly its client sends.
final class CopyIn {
    /// What is collected before the writer is taken.
    static let maximumCollected = 1 << 20

    let table: String
    /// The COPY itself.
    let statement: SessionStatement
    /// When `statement_timeout` ends it; nil for never.
    let deadline: ContinuousClock.Instant?
    private let columns: [CopyColumn]
    private let valueFormat: FormatCode
    private var reader: CopyReader
    /// The INSERT of each row, and the writer it belongs to; nil before the writer is there.
    private var insertion: (statement: PreparedStatement, connection: WriterConnection)?
    private(set) var rowCount = 0

    init(
        _ copy: CopyStatement, of statement: SessionStatement, table: String, columns: [CopyColumn],
        timeout: Duration?
    ) throws(PostgresError) {
        self.statement = statement
        deadline = timeout.map { .now + $0 }
        self.table = table
        self.columns = columns
        valueFormat = copy.options.format.valueFormat
        reader = try CopyReader(copy.options, columns: columns.map(\.name))
    }

    deinit { release() }

    /// Whether so many bytes more are more than may be collected.
    func isFull(with more: Int) -> Bool { reader.bufferedBytes + more > Self.maximumCollected }

    func append(_ bytes: ByteBuffer) { reader.append(bytes) }

    /// Makes rows of what has come.
    ///
    /// - Parameter isLast: whether nothing follows.
    /// - Throws: ``PostgresError`` with the line and column in its context. Rows before it are there: the transaction is
    ///   to be rolled back.
    func insert(on connection: WriterConnection, values: SessionValues, isLast: Bool) throws(PostgresError) {
        if isLast { reader.end() }
        let statement = try insertStatement(on: connection, values)
        while try next() {
            try bind(reader.row, to: statement)
            do {
                _ = try statement.step()
                statement.reset()
            } catch {
                throw told(PostgresError(mapping: error))
            }
            rowCount += 1
        }
    }

    /// All rows are there.
    ///
    /// - Returns: what they made of the session's values.
    func finish(on connection: WriterConnection) -> SessionValues {
        release()
        return connection.endSession()
    }

    private func next() throws(PostgresError) -> Bool {
        do throws(PostgresError) {
            return try reader.next()
        } catch {
            throw told(error)
        }
    }

    private func insertStatement(on connection: WriterConnection, _ values: SessionValues)
        throws(PostgresError) -> PreparedStatement
    {
        if let insertion { return insertion.statement }
        connection.beginSession(values)
        let names = columns.map { $0.name.quotedName }.joined(separator: ", ")
        let places = (1...columns.count).map { "$\($0)" }.joined(separator: ", ")
        do {
            guard
                let statement = try connection.cachedStatement(
                    "INSERT INTO \(table.quotedName) (\(names)) VALUES (\(places))")
            else { throw SQLiteError(.engine, "incomplete input") }
            insertion = (statement, connection)
            return statement
        } catch {
            throw PostgresError(mapping: error)
        }
    }

    private func bind(_ row: CopyRow, to statement: PreparedStatement) throws(PostgresError) {
        for (number, column) in columns.enumerated() {
            do {
                let bytes = row[number]
                let type = valueFormat == .binary ? column.type.written(in: bytes) : column.type
                let value = try ParameterValue(decoding: bytes, type: type, format: valueFormat)
                try value.bind(to: statement, at: number + 1)
            } catch {
                throw told(PostgresError(mapping: error), column: number)
            }
        }
    }

    private func told(_ error: PostgresError, column: Int? = nil) -> PostgresError {
        var error = error
        error.context = reader.context(table: table, column: column)
        return error
    }

    private func release() {
        guard let (statement, connection) = insertion else { return }
        insertion = nil
        connection.giveBack(statement)
    }
}

extension PostgresType {
    /// The type of a binary value for a column of this type: INT, SMALLINT and REAL are wider here, and programs write them
    /// as wide as PostgreSQL has them.
    fileprivate func written(in bytes: ByteBuffer?) -> PostgresType {
        switch (self, bytes?.readableBytes ?? 0) {
        case (.int8, 2): .int2
        case (.int8, 4): .int4
        case (.float8, 4): .float4
        default: self
        }
    }
}

/// A column that COPY writes.
struct CopyColumn: Sendable, Equatable {
    var name: String
    var type: PostgresType
}

extension String {
    /// As a name in SQL.
    var quotedName: String { "\"" + replacing("\"", with: "\"\"") + "\"" }
}
