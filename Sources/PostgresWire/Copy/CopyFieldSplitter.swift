/// Splits a line of text or CSV into its fields.
struct CopyFieldSplitter {
    private let options: CopyOptions
    private let forcesNotNull: [Bool]
    private let forcesNull: [Bool]

    init(_ options: CopyOptions, columns: [String]) throws(PostgresError) {
        self.options = options
        forcesNotNull = try options.forceNotNull.flags(columns, option: "FORCE_NOT_NULL")
        forcesNull = try options.forceNull.flags(columns, option: "FORCE_NULL")
    }

    func split(_ line: UnsafeRawBufferPointer, into row: inout CopyRow) throws(PostgresError) {
        row.removeAll()
        if options.format == .csv {
            try splitCSV(line, &row)
        } else {
            try splitText(line, &row)
        }
    }

    // MARK: Text

    private func splitText(_ line: UnsafeRawBufferPointer, _ row: inout CopyRow) throws(PostgresError) {
        var begin = 0
        var hasEscapes = false
        var index = 0
        while index < line.count {
            if line[index] == UInt8(ascii: "\\") {
                hasEscapes = true
                index += 2
                continue
            }
            if line[index] == options.delimiter {
                try appendText(line[begin..<index], hasEscapes, &row)
                begin = index + 1
                hasEscapes = false
            }
            index += 1
        }
        try appendText(line[begin...], hasEscapes, &row)
    }

    private func appendText(
        _ field: Slice<UnsafeRawBufferPointer>, _ hasEscapes: Bool, _ row: inout CopyRow
    ) throws(PostgresError) {
        let bytes = UnsafeRawBufferPointer(rebasing: field)
        // NULL is looked for before escapes are: `\\N` is the text `\N`.
        if bytes.count == options.null.count, bytes.elementsEqual(options.null) { return row.appendNull() }
        let start = row.byteCount
        if hasEscapes { Self.unescape(bytes, &row) } else { row.write(bytes) }
        row.endField(from: start)
        // `\xaa` can make what is no UTF-8, and is told of before the number of fields is.
        if hasEscapes, !row.lastIsUTF8 { throw .invalidUTF8 }
    }

    private static func unescape(_ bytes: UnsafeRawBufferPointer, _ row: inout CopyRow) {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                row.write(byte)
                continue
            }
            // At the very end of the data it stands for nothing.
            guard index < bytes.count else { return }
            let escaped = bytes[index]
            index += 1
            switch escaped {
            case UInt8(ascii: "b"): row.write(0x08)
            case UInt8(ascii: "f"): row.write(0x0C)
            case UInt8(ascii: "n"): row.write(0x0A)
            case UInt8(ascii: "r"): row.write(0x0D)
            case UInt8(ascii: "t"): row.write(0x09)
            case UInt8(ascii: "v"): row.write(0x0B)
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                row.write(number(bytes, &index, first: escaped - 0x30, radix: 8, digits: 2) { octalDigit($0) })
            case UInt8(ascii: "x") where index < bytes.count && Hexadecimal.value(bytes[index]) != nil:
                row.write(number(bytes, &index, first: 0, radix: 16, digits: 2) { Hexadecimal.value($0) })
            default: row.write(escaped)
            }
        }
    }

    private static func octalDigit(_ byte: UInt8) -> UInt8? { (0x30...0x37).contains(byte) ? byte - 0x30 : nil }

    private static func number(
        _ bytes: UnsafeRawBufferPointer, _ index: inout Int, first: UInt8, radix: UInt8, digits: Int,
        _ digit: (UInt8) -> UInt8?
    ) -> UInt8 {
        var value = first
        for _ in 0..<digits where index < bytes.count {
            guard let next = digit(bytes[index]) else { break }
            value = value &* radix &+ next
            index += 1
        }
        return value
    }

    // MARK: CSV

    private func splitCSV(_ line: UnsafeRawBufferPointer, _ row: inout CopyRow) throws(PostgresError) {
        var index = 0
        var isDone = false
        while !isDone {
            let start = row.byteCount
            var hasQuotes = false
            isDone = true
            while index < line.count {
                let byte = line[index]
                index += 1
                if byte == options.delimiter {
                    isDone = false
                    break
                }
                if byte == options.quote {
                    hasQuotes = true
                    try readQuoted(line, &index, &row)
                } else {
                    row.write(byte)
                }
            }
            endCSVField(from: start, hasQuotes, &row)
        }
    }

    /// Reads up to the closing quote, which is taken too.
    private func readQuoted(
        _ line: UnsafeRawBufferPointer, _ index: inout Int, _ row: inout CopyRow
    ) throws(PostgresError) {
        while index < line.count {
            let byte = line[index]
            index += 1
            if byte == options.escape, index < line.count,
                line[index] == options.escape || line[index] == options.quote
            {
                row.write(line[index])
                index += 1
            } else if byte == options.quote {
                return
            } else {
                row.write(byte)
            }
        }
        throw .copyFormat("unterminated CSV quoted field")
    }

    private func endCSVField(from start: Int, _ hasQuotes: Bool, _ row: inout CopyRow) {
        row.endField(from: start)
        let field = row.count - 1
        guard field < forcesNull.count, row.lastEquals(options.null) else { return }
        if hasQuotes ? forcesNull[field] : !forcesNotNull[field] { row.makeLastNull() }
    }
}
