import CPQ
import TandemTransactions

/// Makes rows of a server's answer.
struct ResultReader {
    private let result: ServerResult
    private let decodings: [ValueDecoding]
    let columns: ResultRow.Columns

    /// - Parameter columns: those of an earlier answer of the same shape, so that names need not be read again.
    init(_ result: ServerResult, columns: ResultRow.Columns? = nil) {
        self.result = result
        let count = result.columnCount
        let isBinary = result.isBinary
        decodings = (0..<count).map { ValueDecoding(type: result.columnType($0), isBinary: isBinary) }
        if let columns, columns.names.count == count {
            self.columns = columns
        } else {
            self.columns = ResultRow.Columns((0..<count).map(result.columnName))
        }
    }

    /// Whether all columns can be read in binary format.
    var canBeBinary: Bool {
        (0..<result.columnCount).allSatisfy { ValueDecoding.knowsBinary(result.columnType($0)) }
    }

    func rows() throws -> [ResultRow] {
        var rows: [ResultRow] = []
        let count = result.rowCount
        rows.reserveCapacity(count)
        for row in 0..<count { rows.append(try self.row(row)) }
        return rows
    }

    /// - Throws: ``DatabaseError`` for bytes that are not what their type says.
    private func row(_ row: Int) throws -> ResultRow {
        var values: [SQLValue] = []
        values.reserveCapacity(decodings.count)
        for (column, decoding) in decodings.enumerated() {
            guard let bytes = result.bytes(row, column) else {
                values.append(.null)
                continue
            }
            guard let value = decoding.value(bytes) else {
                throw DatabaseError(
                    .invalidValue,
                    "column \(columns.names[column]) has a value in a form that is not known; cast it to text")
            }
            values.append(value)
        }
        return ResultRow(columns: columns, values: values)
    }
}
