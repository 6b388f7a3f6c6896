import NIOCore

/// Reads the rows of a COPY stream in text or CSV. A struct machine without I/O.
struct CopyTextReader {
    private let header: CopyHeader
    private let columns: [String]
    private let splitter: CopyFieldSplitter
    private var lines: CopyLineReader
    private var isHeaderDue: Bool
    private(set) var row = CopyRow()

    init(_ options: CopyOptions, columns: [String], maximumRowLength: Int) throws(PostgresError) {
        header = options.header
        self.columns = columns
        splitter = try CopyFieldSplitter(options, columns: columns)
        lines = CopyLineReader(options, maximumLength: maximumRowLength)
        isHeaderDue = options.header != .none
    }

    var bufferedBytes: Int { lines.bufferedBytes }
    var lineNumber: Int { lines.lineNumber }

    mutating func append(_ bytes: ByteBuffer) { lines.append(bytes) }

    /// Goes to the next row; false if it is not all there yet, or if there is none.
    mutating func next(isLast: Bool) throws(PostgresError) -> Bool {
        if isHeaderDue {
            guard try lines.next(isLast: isLast) else { return false }
            isHeaderDue = false
            if header == .match { try checkHeader() }
        }
        guard try lines.next(isLast: isLast) else { return false }
        try split()
        guard row.count <= columns.count else { throw .copyFormat("extra data after last expected column") }
        guard row.count == columns.count else {
            throw .copyFormat("missing data for column \"\(columns[row.count])\"")
        }
        return true
    }

    private mutating func split() throws(PostgresError) {
        // Taken out, so that the row's memory is used again and not copied.
        var row = CopyRow()
        swap(&row, &self.row)
        defer { swap(&row, &self.row) }
        try lines.withLine { line throws(PostgresError) in try splitter.split(line, into: &row) }
    }

    private mutating func checkHeader() throws(PostgresError) {
        try split()
        guard row.count == columns.count else {
            throw .copyFormat("wrong number of fields in header line: got \(row.count), expected \(columns.count)")
        }
        for (number, column) in columns.enumerated() {
            let name = row[number].map { "\"\(String(buffer: $0))\"" } ?? "null value"
            guard name == "\"\(column)\"" else {
                throw .copyFormat(
                    "column name mismatch in header line field \(number + 1): got \(name), expected \"\(column)\"")
            }
        }
    }

    /// The beginning of the current line, for people.
    var lineText: String {
        (try? lines.withLine { line in CopyReader.shortened(line) }) ?? ""
    }
}
