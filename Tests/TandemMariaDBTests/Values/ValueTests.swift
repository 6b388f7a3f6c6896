import Foundation
import TandemTestServers
import TandemTransactions
import Testing

struct ValueTests {
    /// A column's type, what is written as SQL, and what is read.
    static let read: [(String, String, SQLValue)] = [
        ("TINYINT", "-128", .integer(-128)), ("TINYINT UNSIGNED", "255", .integer(255)), ("BOOL", "TRUE", .integer(1)),
        ("SMALLINT", "-32768", .integer(-32768)), ("SMALLINT UNSIGNED", "65535", .integer(65535)),
        ("MEDIUMINT", "-8388608", .integer(-8_388_608)), ("MEDIUMINT UNSIGNED", "16777215", .integer(16_777_215)),
        ("INT", "-2147483648", .integer(-2_147_483_648)), ("INT UNSIGNED", "4294967295", .integer(4_294_967_295)),
        ("BIGINT", "-9223372036854775808", .integer(.min)), ("BIGINT UNSIGNED", "9223372036854775807", .integer(.max)),
        ("BIGINT UNSIGNED", "18446744073709551615", .decimal(Decimal(UInt64.max))), ("YEAR", "2021", .integer(2021)),
        ("FLOAT", "0.5", .real(0.5)), ("DOUBLE", "-1.7976931348623157e308", .real(-.greatestFiniteMagnitude)),
        ("DOUBLE", "0.1", .real(0.1)),
        ("DECIMAL(10,2)", "-12345678.90", .decimal(Decimal(sign: .minus, exponent: -2, significand: 1_234_567_890))),
        (
            "DECIMAL(38,0)", "99999999999999999999999999999999999999",
            .decimal(Decimal(string: String(repeating: "9", count: 38))!)
        ),
        ("DECIMAL(65,0)", String(repeating: "7", count: 65), .text(String(repeating: "7", count: 65))),
        ("CHAR(5)", "'añ€😀'", .text("añ€😀")), ("VARCHAR(20)", "''", .text("")),
        ("TEXT", "'O''Brien'", .text("O'Brien")),
        ("LONGTEXT", "REPEAT('x', 300000)", .text(String(repeating: "x", count: 300_000))),
        ("ENUM('a', 'b')", "'b'", .text("b")), ("SET('a', 'b', 'c')", "'a,c'", .text("a,c")),
        ("BINARY(3)", "X'00FF0A'", .bytes(Data([0, 255, 10]))), ("VARBINARY(9)", "X''", .bytes(Data())),
        ("BLOB", "X'00'", .bytes(Data([0]))), ("BIT(1)", "b'1'", .integer(1)),
        ("BIT(12)", "b'101010101010'", .integer(0xAAA)),
        ("BIT(64)", "18446744073709551615", .decimal(Decimal(UInt64.max))),
        ("DATE", "'2021-05-06'", .text("2021-05-06")), ("TIME", "'-838:59:59'", .text("-838:59:59")),
        ("TIME(6)", "'22:42:33.5'", .text("22:42:33.5")),
        ("DATETIME", "'2021-05-06 22:42:33'", .timestamp(Date(timeIntervalSince1970: 1_620_340_953))),
        ("DATETIME(6)", "'1969-12-31 23:59:59.5'", .timestamp(Date(timeIntervalSince1970: -0.5))),
        ("TIMESTAMP(6) NULL", "'2021-05-06 22:42:33.25'", .timestamp(Date(timeIntervalSince1970: 1_620_340_953.25))),
        (
            "DATETIME(6)", "'2021-05-06 22:42:33.123456'",
            .timestamp(Date(timeIntervalSinceReferenceDate: 642_033_753.123456))
        ),
        (
            "UUID", "'12345678-9abc-4ef0-9234-56789abcdef0'",
            .uuid(UUID(uuidString: "12345678-9ABC-4EF0-9234-56789ABCDEF0")!)
        ),
        ("JSON", "'{\"a\": [1]}'", .json("{\"a\": [1]}")), ("INET6", "'::1'", .text("::1")),
        ("INT NULL", "NULL", .null),
    ]

    @Test(arguments: read)
    func columnIsReadAsTheValueOfItsType(type: String, sql: String, value: SQLValue) async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (v \(raw: type))")
        try await connection.run("INSERT INTO \(identifier: table) VALUES (\(raw: sql))")
        #expect(try await connection.value("SELECT v FROM \(identifier: table)") == value)
        let cursor = try await connection.openCursor("SELECT v, v FROM \(identifier: table)", deadline: Bed.soon)
        #expect(try await cursor.next(10)?.map(\.values) == [[value, value]])
        #expect(try await cursor.next(10) == nil)
        await cursor.close()
        await connection.close()
    }

    /// A column's type, what is sent, and what is read where that is another case.
    static let written: [(String, SQLValue, SQLValue?)] = [
        ("INT", .null, nil), ("BOOL", .boolean(true), .integer(1)), ("BOOL", .boolean(false), .integer(0)),
        ("BIGINT", .integer(.min), nil), ("BIGINT UNSIGNED", .decimal(Decimal(UInt64.max)), nil),
        ("TINYINT", .integer(7), nil),
        ("DOUBLE", .real(0.1), nil),
        ("DECIMAL(30,10)", .decimal(Decimal(string: "-12345678901234567890.0123456789")!), nil),
        ("TEXT", .text("O'Brien \\ \u{0} 😀"), nil), ("LONGTEXT", .text(String(repeating: "ü", count: 200_000)), nil),
        ("BLOB", .bytes(Data((0...255).map { UInt8($0) })), nil),
        ("LONGBLOB", .bytes(Data(repeating: 0, count: 300_000)), nil),
        ("BLOB", .bytes(Data()), nil), ("TEXT", .text(""), nil),
        ("DATETIME(6)", .timestamp(Date(timeIntervalSince1970: 1_620_340_953.123456)), nil),
        ("DATETIME(6)", .timestamp(Date(timeIntervalSince1970: -2_000_000_000.5)), nil),
        ("TIMESTAMP(6) NULL", .timestamp(Date(timeIntervalSince1970: 1_620_340_953.5)), nil),
        ("UUID", .uuid(UUID(uuidString: "12345678-9ABC-4EF0-9234-56789ABCDEF0")!), nil),
        (
            "CHAR(36)", .uuid(UUID(uuidString: "12345678-9ABC-4EF0-9234-56789ABCDEF0")!),
            .text("12345678-9abc-4ef0-9234-56789abcdef0")
        ),
        ("JSON", .json("{\"a\": \"é\"}"), nil), ("INT", .text("42"), .integer(42)), ("DATE", .text("2021-05-06"), nil),
    ]

    @Test(arguments: written)
    func parameterArrivesUnchanged(type: String, sent: SQLValue, read: SQLValue?) async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (v \(raw: type))")
        try await connection.run("INSERT INTO \(identifier: table) VALUES (\(sent))")
        #expect(try await connection.value("SELECT v FROM \(identifier: table)") == read ?? sent)
        if !sent.isNull {
            #expect(
                try await connection.value("SELECT count(*) FROM \(identifier: table) WHERE v = \(sent)") == .integer(1)
            )
        }
        await connection.close()
    }

    @Test(arguments: [
        SQLValue.real(.nan), .real(.infinity), .decimal(.nan), .timestamp(.distantFuture.addingTimeInterval(3e11)),
    ])
    func valueThatMariaDBHasNotIsRefused(value: SQLValue) async throws {
        let connection = try await Bed.connection()
        let error = try await failure { _ = try await connection.value("SELECT \(value)") }
        #expect(error.code == .invalidValue)
        #expect(try await connection.value("SELECT \(1)") == .integer(1))
        await connection.close()
    }

    @Test func sameTextTakesParametersOfChangingTypes() async throws {
        let connection = try await Bed.connection()
        let values: [SQLValue] = [.integer(1), .text("a"), .null, .real(0.5), .bytes(Data([1])), .integer(2)]
        for value in values { #expect(try await connection.value("SELECT \(value)") == value) }
        await connection.close()
    }

    @Test func affectedRowsAndGeneratedKeysAreTold() async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (id INT PRIMARY KEY AUTO_INCREMENT, v INT)")
        let one = try await connection.run("INSERT INTO \(identifier: table) (v) VALUES (1)")
        #expect(one.generatedKey == 1 && one.affectedRows == 1)
        let many = try await connection.run("INSERT INTO \(identifier: table) (v) VALUES (1), (2), (3)")
        #expect(many.generatedKey == nil && many.affectedRows == 3)
        // Found rows count, changed or not, as on the other engines.
        #expect(try await connection.run("UPDATE \(identifier: table) SET v = 1").affectedRows == 4)
        #expect(try await connection.run("UPDATE \(identifier: table) SET v = 1").affectedRows == 4)
        let back = try await connection.run("INSERT INTO \(identifier: table) (v) VALUES (9) RETURNING id, v")
        #expect(back.rows.map(\.values) == [[.integer(5), .integer(9)]] && back.affectedRows == 1)
        #expect(back.rows[0].columns.names == ["id", "v"])
        #expect(try await connection.run("DELETE FROM \(identifier: table) RETURNING id").rows.count == 5)
        let refused = try await failure {
            try await connection.run("UPDATE \(identifier: table) SET v = 2 RETURNING id")
        }
        #expect(refused.code == .invalidStatement && refused.message.contains("not for UPDATE"))
        await connection.close()
    }
}
