import NIOCore

/// Writes a COPY stream: CopyData messages made of rows that were written as DataRow. A struct machine without I/O.
public struct CopyWriter {
    /// A row is escaped into one message of at most ``BackendMessages/maximumMessageLength``; escapes at most double it.
    private static let maximumRowLength = BackendMessages.maximumMessageLength / 2 - 128 * 1024

    private let options: CopyOptions
    private let columns: [String]
    private let forcesQuote: [Bool]
    /// Bytes in text that stand for themselves with a backslash before them, or as a letter.
    private let isSpecial: [Bool]
    /// Whether the binary header is still to be written, with the first row.
    private var isHeaderDue: Bool

    /// - Throws: ``SQLState/invalidColumnReference`` if an option names another column.
    public init(_ options: CopyOptions, columns: [String]) throws(PostgresError) {
        self.options = options
        self.columns = columns
        forcesQuote = try options.forceQuote.flags(columns, option: "FORCE_QUOTE")
        isHeaderDue = options.format == .binary
        var isSpecial = Array(repeating: false, count: 256)
        for byte in options.format == .text ? Self.letters.map(\.byte) + [UInt8(ascii: "\\"), options.delimiter] : [] {
            isSpecial[Int(byte)] = true
        }
        if options.format == .csv {
            for byte in [options.delimiter, options.quote, 0x0A, 0x0D] { isSpecial[Int(byte)] = true }
        }
        self.isSpecial = isSpecial
    }

    /// CopyOutResponse, and the line of names if it is wanted.
    public func begin(_ output: inout BackendMessages) {
        let format = options.format.valueFormat
        output.copyOutResponse(format, columns: Array(repeating: format, count: columns.count))
        guard options.header != .none else { return }
        output.copyData { buffer in
            for (number, column) in columns.enumerated() {
                if number > 0 { buffer.writeInteger(options.delimiter) }
                ByteBuffer(string: column).withUnsafeReadableBytes { write($0, isQuoted: false, &buffer) }
            }
            buffer.writeInteger(UInt8(ascii: "\n"))
        }
    }

    /// Writes a row.
    ///
    /// - Parameter row: one DataRow, its values in the format's ``CopyFormat/valueFormat``.
    /// - Throws: ``SQLState/programLimitExceeded`` if it is too large for a message.
    public mutating func write(_ row: BackendMessages, to output: inout BackendMessages) throws(PostgresError) {
        var row = row.buffer
        // The type and the length.
        row.moveReaderIndex(forwardBy: 5)
        guard row.readableBytes <= Self.maximumRowLength else {
            throw PostgresError(
                code: .programLimitExceeded, message: "a row is larger than COPY can send, 512 MiB",
                hint: "Copy fewer columns, or parts of the values with substr().")
        }
        if options.format == .binary {
            // A row of the binary format is what DataRow holds.
            let header = takeHeader()
            output.copyData {
                $0.writeImmutableBuffer(header)
                $0.writeImmutableBuffer(row)
            }
        } else {
            output.copyData { writeLine(&row, to: &$0) }
        }
    }

    /// The trailer of the binary format, and CopyDone.
    public mutating func end(_ output: inout BackendMessages) {
        if options.format == .binary {
            let header = takeHeader()
            output.copyData {
                $0.writeImmutableBuffer(header)
                $0.writeInteger(-1 as Int16)
            }
        }
        output.copyDone()
    }

    /// The header goes into one message with what follows it, as PostgreSQL sends it.
    private mutating func takeHeader() -> ByteBuffer {
        var header = ByteBuffer()
        guard isHeaderDue else { return header }
        isHeaderDue = false
        header.writeBytes(CopyBinaryReader.signature)
        header.writeMultipleIntegers(0 as UInt32, 0 as UInt32)
        return header
    }

    private func writeLine(_ row: inout ByteBuffer, to buffer: inout ByteBuffer) {
        row.moveReaderIndex(forwardBy: 2)
        for number in columns.indices {
            if number > 0 { buffer.writeInteger(options.delimiter) }
            guard let length: Int32 = row.readInteger(), length >= 0 else {
                buffer.writeBytes(options.null)
                continue
            }
            row.withUnsafeReadableBytes {
                write(UnsafeRawBufferPointer(rebasing: $0.prefix(Int(length))), isQuoted: forcesQuote[number], &buffer)
            }
            row.moveReaderIndex(forwardBy: Int(length))
        }
        buffer.writeInteger(UInt8(ascii: "\n"))
    }

    private func write(_ value: UnsafeRawBufferPointer, isQuoted: Bool, _ buffer: inout ByteBuffer) {
        if options.format == .csv {
            writeCSV(value, isQuoted: isQuoted || mustBeQuoted(value), &buffer)
        } else {
            writeText(value, &buffer)
        }
    }

    // MARK: Text

    private static let letters: [(byte: UInt8, letter: UInt8)] = [
        (0x08, UInt8(ascii: "b")), (0x09, UInt8(ascii: "t")), (0x0A, UInt8(ascii: "n")), (0x0B, UInt8(ascii: "v")),
        (0x0C, UInt8(ascii: "f")), (0x0D, UInt8(ascii: "r")),
    ]

    private func writeText(_ value: UnsafeRawBufferPointer, _ buffer: inout ByteBuffer) {
        var begin = 0
        for index in value.indices where isSpecial[Int(value[index])] {
            buffer.writeBytes(value[begin..<index])
            begin = index + 1
            buffer.writeInteger(UInt8(ascii: "\\"))
            let byte = value[index]
            buffer.writeInteger(Self.letters.first { $0.byte == byte }?.letter ?? byte)
        }
        buffer.writeBytes(value[begin...])
    }

    // MARK: CSV

    private func mustBeQuoted(_ value: UnsafeRawBufferPointer) -> Bool {
        if value.elementsEqual(options.null) { return true }
        // Alone on its line it would end the data.
        if columns.count == 1, value.elementsEqual("\\.".utf8) { return true }
        return value.contains { isSpecial[Int($0)] }
    }

    private func writeCSV(_ value: UnsafeRawBufferPointer, isQuoted: Bool, _ buffer: inout ByteBuffer) {
        guard isQuoted else {
            buffer.writeBytes(value)
            return
        }
        buffer.writeInteger(options.quote)
        var begin = 0
        for index in value.indices where value[index] == options.quote || value[index] == options.escape {
            buffer.writeBytes(value[begin..<index])
            buffer.writeInteger(options.escape)
            begin = index
        }
        buffer.writeBytes(value[begin...])
        buffer.writeInteger(options.quote)
    }
}
