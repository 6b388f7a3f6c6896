import NIOCore

/// Reads the rows of a COPY stream in any of its formats. A struct machine without I/O.
///
///     reader.append(bytes)                                // any number of times
///     while try reader.next() { use(reader.row) }
///     reader.end()                                        // once
///     while try reader.next() { use(reader.row) }
public struct CopyReader {
    /// The longest row in bytes. Default 256 MiB.
    public static let defaultMaximumRowLength = 256 << 20

    // One of the two. Not an enum, whose payload would be copied where it is changed.
    private var text: CopyTextReader?
    private var binary: CopyBinaryReader?
    private let columns: [String]
    private var hasEnded = false

    /// - Parameter columns: the names of the columns that each row has.
    /// - Throws: ``SQLState/invalidColumnReference`` if an option names another column.
    public init(
        _ options: CopyOptions, columns: [String], maximumRowLength: Int = Self.defaultMaximumRowLength
    ) throws(PostgresError) {
        self.columns = columns
        if options.format == .binary {
            binary = CopyBinaryReader(columnCount: columns.count, maximumRowLength: maximumRowLength)
        } else {
            text = try CopyTextReader(options, columns: columns, maximumRowLength: maximumRowLength)
        }
    }

    /// Bytes that are kept until their row is asked for.
    public var bufferedBytes: Int { text?.bufferedBytes ?? binary?.bufferedBytes ?? 0 }

    /// The row that ``next()`` went to.
    public var row: CopyRow { text?.row ?? binary?.row ?? CopyRow() }

    /// A piece of the stream came.
    public mutating func append(_ bytes: ByteBuffer) {
        text?.append(bytes)
        binary?.append(bytes)
    }

    /// Nothing follows any more.
    public mutating func end() { hasEnded = true }

    /// Goes to the next row.
    ///
    /// - Returns: false if it is not all there yet or, after ``end()``, if there is none.
    /// - Throws: ``SQLState/badCopyFileFormat`` where the stream is not in its format,
    ///   ``SQLState/programLimitExceeded`` for a row that is too long. The reader is of no use then.
    public mutating func next() throws(PostgresError) -> Bool {
        if text != nil { return try text?.next(isLast: hasEnded) == true }
        return try binary?.next(isLast: hasEnded) == true
    }

    /// Where the reader is, as PostgreSQL tells it with an error: `COPY book, line 3`, and the line, or the column
    /// `column` of the row and its value.
    public func context(table: String, column: Int? = nil) -> String {
        let line = text?.lineNumber ?? binary?.rowNumber ?? 0
        var context = "COPY \(table), line \(line)"
        guard let column, column < columns.count else {
            if let text, line > 0 { context += ": \"\(text.lineText)\"" }
            return context
        }
        context += ", column \(columns[column])"
        guard let text else { return context }
        guard column < text.row.count, let value = text.row[column] else { return context + ": null input" }
        return context + ": \"" + value.withUnsafeReadableBytes { Self.shortened($0) } + "\""
    }

    /// At most the first hundred characters of what may be long.
    static func shortened(_ bytes: UnsafeRawBufferPointer) -> String {
        let text = String(decoding: bytes.prefix(400), as: UTF8.self)
        return text.count > 100 || bytes.count > 400 ? text.prefix(100) + "..." : text
    }
}
