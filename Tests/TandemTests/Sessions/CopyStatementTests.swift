import PostgresWire
import Testing

@testable import Tandem

@Suite struct CopyStatementTests {
    private static func parsed(_ sql: String) throws -> CopyStatement {
        guard case .copy(let copy) = try QueryText.single(sql, parameterTypes: []).command else {
            throw PostgresError(code: .internalError, message: "no COPY: \(sql)")
        }
        return copy
    }

    @Test func tablesColumnsAndQueriesAreRead() throws {
        #expect(try Self.parsed("copy t from stdin").subject == .table("t", columns: nil))
        #expect(
            try Self.parsed("COPY public.\"T x\" (a, \"B\") TO STDOUT").subject == .table("T x", columns: ["a", "B"]))
        #expect(
            try Self.parsed("COPY (SELECT (1), ')' FROM t) TO STDOUT").subject
                == .query(sql: "SELECT (1), ')' FROM t", isWrite: false))
        #expect(try Self.parsed("COPY (DELETE FROM t RETURNING a) TO STDOUT").writeTag == "COPY")
        #expect(try Self.parsed("COPY t TO STDOUT").writeTag == nil)
        #expect(try Self.parsed("COPY t FROM STDIN").writeTag == "COPY FROM")
    }

    @Test(arguments: [
        "COPY t FROM STDIN (FORMAT csv, HEADER, DELIMITER ';', NULL 'x', FORCE_NULL (a, b))",
        "COPY t FROM STDIN WITH (FORMAT 'csv', HEADER true, DELIMITER E';', NULL 'x', FORCE_NULL (a, b))",
        "COPY t FROM STDIN WITH CSV HEADER DELIMITER AS ';' NULL AS 'x' FORCE NULL a, b",
        "COPY t FROM STDIN CSV NULL 'x' HEADER DELIMITER ';' FORCE NULL a, b",
        "COPY t FROM STDIN USING DELIMITERS ';' WITH NULL 'x' CSV HEADER FORCE NULL a, b",
    ])
    func oldAndNewOptionsMeanTheSame(_ sql: String) throws {
        let options = try Self.parsed(sql).options
        #expect(options.format == .csv && options.header == .names && options.delimiter == UInt8(ascii: ";"))
        #expect(options.null == Array("x".utf8) && options.forceNull == .named(["a", "b"]))
    }

    @Test func binaryMayStandBeforeTheTable() throws {
        #expect(try Self.parsed("COPY BINARY t TO STDOUT").options.format == .binary)
        #expect(try Self.parsed("COPY binary TO STDOUT").subject == .table("binary", columns: nil))
        #expect(try Self.parsed("COPY t FROM STDIN (DELIMITER E'\\t')").options.delimiter == UInt8(ascii: "\t"))
    }

    @Test(arguments: [
        "COPY", "COPY t", "COPY t FROM", "COPY t FROM STDIN (", "COPY t FROM STDIN (FORMAT csv",
        "COPY (SELECT 1 TO STDOUT",
        "COPY t () FROM STDIN", "COPY t FROM STDIN CSV CSV", "COPY t FROM STDIN NULL", "COPY t FROM STDIN x",
        "COPY t FROM STDIN FORCE", "COPY t FROM STDIN (FORMAT csv) x",
    ])
    func whatCannotBeReadIsASyntaxError(_ sql: String) throws {
        let error = #expect(throws: PostgresError.self) { try Self.parsed(sql) }
        #expect(error?.code == .syntaxError)
    }
}
