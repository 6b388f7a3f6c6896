import NIOCore
import Testing

@testable import PostgresWire

@Suite struct CopyWriterTests {
    /// What the client gets of these rows, without the messages' heads; nil is NULL.
    static func written(
        _ settings: [CopySetting] = [], columns: [String] = ["a", "b"], _ rows: [[String?]]
    ) throws -> [[UInt8]] {
        var writer = try CopyWriter(CopyOptions(settings, isFrom: false), columns: columns)
        var output = BackendMessages()
        writer.begin(&output)
        for values in rows {
            var row = BackendMessages()
            row.beginDataRow(columns: values.count)
            for value in values {
                if let value { row.write(string: value) } else { row.writeNull() }
            }
            try row.endDataRow()
            try writer.write(row, to: &output)
        }
        writer.end(&output)
        var decoder = BackendFrameDecoder()
        decoder.received(output.take())
        var data: [[UInt8]] = []
        while let message = try decoder.nextMessage() {
            if case .copyData(let bytes) = message { data.append(Array(bytes.readableBytesView)) }
        }
        return data
    }

    static let csv = [CopySetting("format", .text("csv"))]

    @Test(
        arguments: [
            ([], ["a\tb\nc\rd\\e\u{8}\u{B}\u{C}", nil], "a\\tb\\nc\\rd\\\\e\\b\\v\\f\t\\N\n"),
            ([CopySetting("delimiter", .text("|")), CopySetting("null", .text(""))], ["a|b", nil], "a\\|b|\n"),
            (csv, ["a", "b c"], "a,b c\n"), (csv, ["a,b", "c\"d"], "\"a,b\",\"c\"\"d\"\n"),
            (csv, ["", nil], "\"\",\n"), (csv, ["a\nb", "c\rd"], "\"a\nb\",\"c\rd\"\n"),
            (csv + [CopySetting("escape", .text("\\"))], ["a\"b\\", "\\"], "\"a\\\"b\\\\\",\\\n"),
            (csv + [CopySetting("force_quote", .list(["b"]))], ["1", "2"], "1,\"2\"\n"),
            (csv + [CopySetting("force_quote", .all)], ["1", nil], "\"1\",\n"),
            (csv + [CopySetting("null", .text("nil"))], ["nil", nil], "\"nil\",nil\n"),
        ] as [([CopySetting], [String?], String)])
    func valuesAreEscapedAsPostgreSQLDoes(_ settings: [CopySetting], _ row: [String?], _ line: String) throws {
        #expect(try Self.written(settings, [row]) == [Array(line.utf8)])
    }

    @Test func aLineThatWouldEndTheDataIsQuoted() throws {
        #expect(try Self.written(Self.csv, columns: ["a"], [["\\."]]) == [Array("\"\\.\"\n".utf8)])
    }

    @Test func aHeaderNamesTheColumns() throws {
        let lines = try Self.written(Self.csv + [CopySetting("header")], columns: ["a", "b,c"], [["1", "2"]])
        #expect(lines == [Array("a,\"b,c\"\n".utf8), Array("1,2\n".utf8)])
    }

    @Test func binaryHasItsHeaderWithTheFirstMessageAndATrailer() throws {
        let binary = CopyBinaryTests.binary
        #expect(try Self.written(binary, []) == [CopyBinaryTests.header + CopyBinaryTests.trailer])
        #expect(
            try Self.written(binary, [["A", nil], ["", "BC"]]) == [
                CopyBinaryTests.header + CopyBinaryTests.rows[..<11], Array(CopyBinaryTests.rows[11...]),
                CopyBinaryTests.trailer,
            ])
    }

    @Test(arguments: ["text", "csv"])
    func whatIsWrittenIsReadAgain(_ format: String) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let characters = Array("\\.\n\r\t,\"N0aé\u{8}")
        for _ in 0..<500 {
            let rows: [[String?]] = (0..<3).map { _ in
                (0..<2).map { _ in
                    Int.random(in: 0..<5, using: &generator) == 0
                        ? nil
                        : String(
                            (0..<Int.random(in: 0..<6, using: &generator)).map { _ in
                                characters.randomElement(using: &generator) ?? "x"
                            })
                }
            }
            let options = [CopySetting("format", .text(format))]
            let bytes = Array(try Self.written(options, rows).joined())
            #expect(try CopyReaderTests.rows(options, bytes) == rows, "seed \(seed)")
        }
    }

    @Test(arguments: [
        ([CopySetting("format", .text("xml"))], SQLState.invalidParameterValue),
        ([CopySetting("delimiter", .text("\n"))], .invalidParameterValue),
        ([CopySetting("delimiter", .text("a"))], .invalidParameterValue),
        ([CopySetting("delimiter", .text("ab"))], .featureNotSupported),
        ([CopySetting("null", .text("\t"))], .invalidParameterValue),
        ([CopySetting("quote", .text("'"))], .featureNotSupported),
        (csv + [CopySetting("delimiter", .text("\""))], .invalidParameterValue),
        (csv + [CopySetting("header", .text("match"))], .featureNotSupported),
        (csv + [CopySetting("force_null", .all)], .featureNotSupported),
        ([CopySetting("format", .text("binary")), CopySetting("header")], .syntaxError),
        ([CopySetting("encoding", .text("LATIN1"))], .featureNotSupported),
        ([CopySetting("header"), CopySetting("header")], .syntaxError), ([CopySetting("fast")], .syntaxError),
    ])
    func optionsThatCannotBeAreRefused(_ settings: [CopySetting], _ code: SQLState) throws {
        let error = #expect(throws: PostgresError.self) { try CopyOptions(settings, isFrom: false) }
        #expect(error?.code == code)
    }
}
