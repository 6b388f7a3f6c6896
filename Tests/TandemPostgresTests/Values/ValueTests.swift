import Foundation
import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

@Suite(.serialized) struct ValueTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var type: String
        /// As the server reads it.
        var literal: String
        var value: SQLValue
        /// Whether the value can be a parameter of the type: what comes as text is sent as text.
        var testDescription: String { "\(type) \(literal)" }

        init(_ type: String, _ literal: String, _ value: SQLValue) {
            self.type = type
            self.literal = literal
            self.value = value
        }
    }

    static let moment = Date(timeIntervalSince1970: 1_620_340_953.125)
    static let uuid = UUID(uuid: (0xA0, 0xEE, 0xBC, 0x99, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0xFF))
    static let long = "1234567890.12345678901234567890"

    static let cases: [Case] = [
        Case("bool", "true", .boolean(true)), Case("bool", "false", .boolean(false)),
        Case("int2", "-32768", .integer(-32768)), Case("int4", "2147483647", .integer(2_147_483_647)),
        Case("int8", "-9223372036854775808", .integer(.min)), Case("int8", "9223372036854775807", .integer(.max)),
        Case("oid", "4294967295", .integer(4_294_967_295)),
        Case("float4", "1.5", .real(1.5)), Case("float4", "0.1", .real(Double(Float(0.1)))),
        Case("float8", "0.1", .real(0.1)), Case("float8", "-1e300", .real(-1e300)),
        Case("float8", "Infinity", .real(.infinity)), Case("float8", "-Infinity", .real(-.infinity)),
        Case("numeric", "0", .decimal(0)), Case("numeric", "0.00", .decimal(0)),
        Case("numeric", "10000", .decimal(10_000)), Case("numeric", "-12.50", .decimal(Decimal(string: "-12.5") ?? 0)),
        Case("numeric", "0.0001", .decimal(Decimal(string: "0.0001") ?? 0)),
        Case("numeric", "100000000000000000000", .decimal(Decimal(string: "100000000000000000000") ?? 0)),
        Case("numeric", long, .decimal(Decimal(string: long) ?? 0)),
        Case(
            "numeric", "1" + String(repeating: "0", count: 50) + "1",
            .text("1" + String(repeating: "0", count: 50) + "1")),
        Case("numeric", "-0.\(String(repeating: "0", count: 40))7", .decimal(Decimal(string: "-7e-41") ?? 0)),
        Case("numeric", "Infinity", .text("Infinity")), Case("numeric", "NaN", .decimal(.nan)),
        Case("text", "grün 🌳", .text("grün 🌳")), Case("text", "", .text("")), Case("varchar(9)", "x", .text("x")),
        Case("char(3)", "ab", .text("ab ")), Case("name", "n", .text("n")),
        Case("bytea", "\\x00ff5c", .bytes(Data([0, 255, 0x5C]))), Case("bytea", "", .bytes(Data())),
        Case("date", "2021-05-06", .text("2021-05-06")), Case("date", "1969-12-31", .text("1969-12-31")),
        Case("date", "infinity", .text("infinity")), Case("date", "0044-03-15 BC", .text("0044-03-15 BC")),
        Case("date", "12021-01-02", .text("12021-01-02")),
        Case("time", "22:42:33", .text("22:42:33")), Case("time", "00:00:00.05", .text("00:00:00.05")),
        Case("timestamp", "2021-05-06 22:42:33.125", .timestamp(moment)),
        Case("timestamp", "2021-05-06 22:42:33.123", .timestamp(Date(timeIntervalSinceReferenceDate: 642_033_753.123))),
        Case(
            "timestamptz", "2021-05-06 22:42:33.123456+00",
            .timestamp(Date(timeIntervalSinceReferenceDate: 642_033_753.123456))),
        Case(
            "timestamp", "1999-12-31 23:59:59.999999",
            .timestamp(Date(timeIntervalSinceReferenceDate: -31_622_400.000001))),
        Case("timestamp", "1969-12-31 23:59:59.75", .timestamp(Date(timeIntervalSince1970: -0.25))),
        Case("timestamp", "infinity", .timestamp(.distantFuture)),
        Case("timestamptz", "2021-05-07 00:42:33.125+02", .timestamp(moment)),
        Case("timestamptz", "-infinity", .timestamp(.distantPast)),
        Case("uuid", "a0eebc99-0102-0304-0506-0708090a0bff", .uuid(uuid)),
        Case("json", #"{"a": [1, null]}"#, .json(#"{"a": [1, null]}"#)),
        Case("jsonb", #"{"a": [1, null]}"#, .json(#"{"a": [1, null]}"#)),
        Case("int4[]", "{1,NULL,3}", .text("{1,NULL,3}")), Case("interval", "1 day", .text("1 day")),
        Case("inet", "10.0.0.1", .text("10.0.0.1")),
    ]

    /// Unprepared in text, prepared in text, prepared in binary: the first three runs of a statement differ in all.
    @Test(arguments: cases) func serverValueIsReadTheSameInEveryFormat(_ test: Case) async throws {
        let connection = try await Bed.connection()
        for run in 1...4 {
            let statement: Statement = "SELECT (\(test.literal)::text)::\(raw: test.type) AS v, NULL::\(raw: test.type)"
            let row = try #require(try await connection.run(statement).rows.first)
            #expect(isSame(row[0], test.value), "run \(run): \(row[0])")
            #expect(row["v"] == row[0] || row[0] == .decimal(.nan))
            #expect(row[1] == .null)
        }
        await connection.close()
    }

    @Test(arguments: cases) func valueIsStoredInAColumnOfTheTypeAndComesBack(_ test: Case) async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (v \(raw: test.type))")
        for _ in 1...3 {
            try await connection.run("INSERT INTO \(identifier: table) VALUES (\(test.value))")
            try await connection.run("INSERT INTO \(identifier: table) VALUES (\(SQLValue.null))")
        }
        let rows = try await connection.run("SELECT v FROM \(identifier: table)").rows
        #expect(rows.count == 6)
        #expect(rows.filter { $0[0].isNull }.count == 3)
        #expect(rows.filter { isSame($0[0], test.value) }.count == 3)
        // As numbers where their text may have another number of zeros, as text where a type has no equality.
        let comparison = test.type == "numeric" ? "numeric" : "text"
        let count: Statement = """
            SELECT count(*) FROM \(identifier: table)
            WHERE v::\(raw: comparison) = (\(test.literal)::text)::\(raw: test.type)::\(raw: comparison)
            """
        #expect(try await connection.value(count) == .integer(3))
        try await connection.run("DROP TABLE \(identifier: table)")
        await connection.close()
    }

    struct Fit: Sendable, CustomTestStringConvertible {
        var value: SQLValue
        var types: [String]
        var testDescription: String { "\(value.kind) into \(types.joined(separator: ", "))" }
    }

    @Test(arguments: [
        Fit(value: .integer(7), types: ["int2", "int4", "int8", "numeric", "float4", "float8", "text"]),
        Fit(value: .timestamp(moment), types: ["timestamp", "timestamptz", "date", "text"]),
        Fit(value: .json("{}"), types: ["json", "jsonb", "text"]), Fit(value: .uuid(uuid), types: ["uuid", "text"]),
        Fit(value: .real(1.5), types: ["float4", "float8", "numeric", "text"]),
        Fit(value: .decimal(3), types: ["numeric", "int4", "float8"]),
        Fit(value: .text("12"), types: ["int4", "text", "numeric", "varchar(5)", "json"]),
        Fit(value: .boolean(true), types: ["bool", "text"]),
    ]) func parameterTakesTheTypeOfItsPlace(_ fit: Fit) async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        let columns = fit.types.enumerated().map { "c\($0) \($1)" }.joined(separator: ", ")
        try await connection.run("CREATE TEMP TABLE \(identifier: table) (\(raw: columns))")
        for place in fit.types.indices {
            let inserted = try await connection.run(
                "INSERT INTO \(identifier: table) (c\(raw: String(place))) VALUES (\(fit.value))")
            #expect(inserted.affectedRows == 1)
        }
        await connection.close()
    }

    @Test func momentIsReadInEverySessionsTimeZone() async throws {
        let connection = try await Bed.connection()
        for zone in ["Europe/Berlin", "America/St_Johns", "UTC"] {
            try await connection.run("SET TimeZone = '\(raw: zone)'")
            for year in ["1880", "1970", "2021"] {
                let statement: Statement = "SELECT \(raw: "'\(year)-07-01 12:00:00+00'")::timestamptz"
                let first = try await connection.value(statement)
                guard case .timestamp? = first else {
                    Issue.record("\(year) in \(zone) is \(String(describing: first))")
                    continue
                }
                for _ in 1...3 { #expect(try await connection.value(statement) == first) }
            }
        }
        await connection.close()
    }

    @Test func textWithANulCharacterIsRefusedAndNotCutOff() async throws {
        let connection = try await Bed.connection()
        let error = try await failure { try await connection.run("SELECT \("a\0b")::text") }
        #expect(error.code == .invalidValue)
        #expect(connection.isUsable)
        await connection.close()
    }

    private func isSame(_ a: SQLValue, _ b: SQLValue) -> Bool {
        if case .decimal(let a) = a, case .decimal(let b) = b, a.isNaN { return b.isNaN }
        return a == b
    }
}
