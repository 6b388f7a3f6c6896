import NIOCore
import Testing

@testable import PostgresWire

@Suite struct CopyReaderTests {
    /// The rows of a stream that arrives in pieces of `pieceSize` bytes; nil is NULL.
    static func rows(
        _ options: [CopySetting] = [], columns: [String] = ["a", "b"], pieceSize: Int = .max, _ bytes: [UInt8]
    ) throws -> [[String?]] {
        var reader = try CopyReader(CopyOptions(options, isFrom: true), columns: columns)
        var rows: [[String?]] = []
        func take() throws {
            while try reader.next() {
                let row = reader.row
                rows.append((0..<row.count).map { field in row[field].map { String(buffer: $0) } })
            }
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            reader.append(ByteBuffer(bytes: rest.prefix(pieceSize)))
            rest = rest.dropFirst(pieceSize)
            try take()
        }
        reader.end()
        try take()
        return rows
    }

    static let csv = [CopySetting("format", .text("csv"))]

    static let streams: [(options: [CopySetting], text: String, rows: [[String?]])] = [
        ([], "", []), ([], "1\t2\n", [["1", "2"]]), ([], "1\t2", [["1", "2"]]),
        ([], "1\t2\r\n3\t4\r\n", [["1", "2"], ["3", "4"]]), ([], "1\t2\r3\t4\r", [["1", "2"], ["3", "4"]]),
        ([], "\\N\t\\\\N\n", [[nil, "\\N"]]), ([], "\t\n", [["", ""]]),
        ([], "a\\tb\\nc\\rd\\\\\t\\b\\f\\v\\q\n", [["a\tb\nc\rd\\", "\u{8}\u{C}\u{B}q"]]),
        ([], "\\101\\x42\\x4g\t\\60\\xg\n", [["AB\u{4}g", "0xg"]]),
        ([], "a\\\nb\t\\\t\n", [["a\nb", "\t"]]), ([], "1\t2\n\\.\nwhatever", [["1", "2"]]),
        ([], "1\t2\n\\.", [["1", "2"]]),
        ([CopySetting("delimiter", .text("|")), CopySetting("null", .text("nil"))], "nil|\\|nil\n", [[nil, "|nil"]]),
        ([CopySetting("header")], "x\ty\n1\t2\n", [["1", "2"]]),
        (csv, "1,2\n", [["1", "2"]]), (csv, ",\"\"\n", [[nil, ""]]),
        (csv, "\"a,\"\"b\"\"\nc\",d\"e\"f\n", [["a,\"b\"\nc", "def"]]), (csv, "\\.,1\n\\.\n9,9\n", [["\\.", "1"]]),
        (csv, "\"a\r\nb\",c\r\n1,2\r\n", [["a\r\nb", "c"], ["1", "2"]]),
        (csv + [CopySetting("escape", .text("\\"))], "\"a\\\"b\\\\\",\"c\\d\"\n", [["a\"b\\", "c\\d"]]),
        (csv + [CopySetting("quote", .text("'"))], "'a''b',\"\n", [["a'b", "\""]]),
        (csv + [CopySetting("force_null", .list(["b"]))], "\"\",\"\"\n", [["", nil]]),
        (csv + [CopySetting("force_not_null", .all)], ",x\n", [["", "x"]]),
        (csv + [CopySetting("header", .text("match"))], "a,b\n1,2\n", [["1", "2"]]),
    ]

    @Test(arguments: streams.indices, [1, 2, 3, 7, Int.max])
    func aStreamGivesItsRowsHoweverItArrives(_ number: Int, _ pieceSize: Int) throws {
        let stream = Self.streams[number]
        let rows = try Self.rows(stream.options, pieceSize: pieceSize, Array(stream.text.utf8))
        #expect(rows == stream.rows)
    }

    static let broken: [(options: [CopySetting], text: String, message: String, context: String)] = [
        ([], "1\n", "missing data for column \"b\"", "COPY t, line 1: \"1\""),
        ([], "1\t2\n1\t2\t3\n", "extra data after last expected column", "COPY t, line 2: \"1\t2\t3\""),
        ([], "1\t2\n3\t4\r\n", "literal carriage return found in data", "COPY t, line 2"),
        ([], "1\t2\r\n3\t4\n", "literal newline found in data", "COPY t, line 2"),
        ([], "1\t2\\.\n", "end-of-copy marker is not alone on its line", "COPY t, line 1"),
        (csv, "1,2\n\"3\n,4\n", "unterminated CSV quoted field", "COPY t, line 4"),
        (csv, "1,2\r\n3\n", "unquoted newline found in data", "COPY t, line 2"),
    ]

    @Test(arguments: broken.indices, [1, 5, Int.max])
    func whatIsNotInTheFormatIsAnErrorWithItsLine(_ number: Int, _ pieceSize: Int) throws {
        let (options, text, message, context) = Self.broken[number]
        var reader = try CopyReader(CopyOptions(options, isFrom: true), columns: ["a", "b"])
        let error = #expect(throws: PostgresError.self) {
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                reader.append(ByteBuffer(bytes: rest.prefix(pieceSize)))
                rest = rest.dropFirst(pieceSize)
                while try reader.next() {}
            }
            reader.end()
            while try reader.next() {}
        }
        #expect(error?.message == message)
        #expect(error?.code == .badCopyFileFormat)
        #expect(reader.context(table: "t").hasPrefix(context))
    }

    @Test func whatAnEscapeMakesMustBeUTF8EvenInAFieldTooMany() throws {
        for text in ["1\t\\xaa\n", "1\t2\t\\xaa\n", "\\303\n"] {
            let error = #expect(throws: PostgresError.self) { try Self.rows([], Array(text.utf8)) }
            #expect(error?.code == .characterNotInRepertoire)
        }
        #expect(try Self.rows([], Array("\\xc3\\xa9\t\\303\\251\n".utf8)) == [["é", "é"]])
    }

    @Test func aContextNamesTheColumnAndShortensItsValue() throws {
        var reader = try CopyReader(CopyOptions(), columns: ["a", "b"])
        reader.append(ByteBuffer(string: "\\N\t\(String(repeating: "x", count: 200))\n"))
        #expect(try reader.next())
        #expect(reader.context(table: "t", column: 0) == "COPY t, line 1, column a: null input")
        #expect(
            reader.context(table: "t", column: 1)
                == "COPY t, line 1, column b: \"\(String(repeating: "x", count: 100))...\"")
    }

    @Test(arguments: [("x", "x"), ("\"", "x\n")])
    func aLineWithoutEndIsBounded(_ first: String, _ text: String) throws {
        var reader = try CopyReader(CopyOptions(Self.csv, isFrom: true), columns: ["a"], maximumRowLength: 1000)
        reader.append(ByteBuffer(string: first))
        let error = #expect(throws: PostgresError.self) {
            for _ in 0..<10_000 {
                reader.append(ByteBuffer(string: text))
                _ = try reader.next()
            }
        }
        #expect(error?.code == .programLimitExceeded)
        #expect(reader.bufferedBytes < 1100)
    }

    @Test(arguments: ["text", "csv", "binary"])
    func randomBytesNeverDoMoreThanFail(_ format: String) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            var bytes = (0..<Int.random(in: 0..<60, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? UInt8.random(in: 0...255, using: &generator)
                    : Array("\\.\n\r\t,\"N0".utf8).randomElement(using: &generator) ?? 0
            }
            if format == "binary" { bytes = CopyBinaryReader.signature + Array(repeating: 0, count: 8) + bytes }
            let options = [CopySetting("format", .text(format))]
            let whole = Result { try Self.rows(options, bytes) }
            let dripped = Result { try Self.rows(options, pieceSize: 1, bytes) }
            #expect(
                (try? whole.get()) == (try? dripped.get()), "seed \(seed): \(bytes) whole and byte by byte differ")
        }
    }
}
