import Foundation
import GRDB
import NIOPosix
import PostgresWire
import Tandem
import TandemEmbedded
import TandemTransactions
import Testing

/// As GRDB reads and writes rows of the table `sample`.
private struct Sample: Codable, FetchableRecord, PersistableRecord, Equatable {
    struct Note: Codable, Equatable { var text: String }

    var id: Int64
    var flag: Bool
    var moment: Date
    var token: UUID
    var price: Decimal
    var document: Note
    var bytes: Data
    var ratio: Double

    /// Text, as statements of the transaction layer and clients over the wire have it.
    static func databaseUUIDEncodingStrategy(for column: String) -> DatabaseUUIDEncodingStrategy { .lowercaseString }
}

@Suite(.serialized) struct StatementTests {
    private static let schema = """
        CREATE TABLE sample (id INTEGER PRIMARY KEY, flag BOOLEAN, moment TIMESTAMP, token UUID, price DECIMAL(20, 4),
          document JSON, bytes BLOB, ratio DOUBLE PRECISION)
        """
    private static let token = UUID(uuidString: "6F1C0A52-3A4E-4C56-9E0B-0123456789AB") ?? UUID()
    private static let moment = Date(timeIntervalSince1970: 1_620_340_953.25)

    private func insert(into connection: EmbeddedConnection) async throws {
        try await connection.run(
            """
            INSERT INTO sample VALUES (\(1), \(true), \(Self.moment), \(Self.token), \(Decimal(string: "12.34")),
              \(JSON(["text": "a"])), \(Data([0, 255])), \(0.5))
            """)
    }

    private let values: [SQLValue] = [
        .integer(1), .boolean(true), .timestamp(moment), .uuid(token), .decimal(Decimal(string: "12.34") ?? 0),
        .json("{\"text\":\"a\"}"), .bytes(Data([0, 255])), .real(0.5),
    ]

    @Test func valuesComeBackInTheTypesOfTheirColumns() async throws {
        try await NodePair.with { pair in
            try await pair.primary.write { try $0.execute(sql: Self.schema) }
            let connection = try await pair.connection()
            try await insert(into: connection)
            for begins in [false, true] {
                if begins {
                    try await connection.begin()
                    try await connection.run("UPDATE sample SET id = id")
                }
                let result = try await connection.execute("SELECT * FROM sample", deadline: nil)
                #expect(result.rows.map(\.values) == [values])
                #expect(result.affectedRows == 1)
            }
            _ = try await connection.rollback()
            try await connection.run(
                "UPDATE sample SET (flag, moment, token, price, document) = (NULL, NULL, 'x', 'y', 7)")
            let row = try await connection.execute(
                "SELECT flag, moment, token, price, document, 1 + 1, 'a' || 'b', 0.5, x'00' FROM sample", deadline: nil
            ).rows[0]
            #expect(
                row.values == [
                    .null, .null, .text("x"), .text("y"), .integer(7), .integer(2), .text("ab"), .real(0.5),
                    .bytes(Data([0])),
                ])
        }
    }

    @Test func gRDBsRecordsReadWhatStatementsWroteAndTheOtherWayRound() async throws {
        try await NodePair.with { pair in
            try await pair.primary.write { try $0.execute(sql: Self.schema) }
            let connection = try await pair.connection()
            try await insert(into: connection)
            let sample = Sample(
                id: 1, flag: true, moment: Self.moment, token: Self.token, price: Decimal(string: "12.34") ?? 0,
                document: .init(text: "a"), bytes: Data([0, 255]), ratio: 0.5)
            #expect(try await pair.primary.read { try Sample.fetchAll($0) } == [sample])
            try await pair.primary.write { db in
                try Sample.deleteAll(db)
                try sample.insert(db)
            }
            let rows = try await connection.execute("SELECT * FROM sample", deadline: nil).rows
            #expect(rows.map(\.values) == [values])
        }
    }

    @Test func clientsOverTheWireSeeTheDeclaredTypes() async throws {
        try await NodePair.with { pair in
            try await pair.primary.write { try $0.execute(sql: Self.schema) }
            try await insert(into: try await pair.connection())
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let client = try await PostgresClientConnection.connect(
                PostgresClientOptions(port: pair.primary.address.port, user: "u"), on: group.next())
            let result = try #require(try await client.query("SELECT * FROM sample").first)
            #expect(
                result.columns.map(\.type) == [.int8, .bool, .timestamp, .uuid, .numeric, .json, .bytea, .float8])
            #expect(
                result.rows == [
                    [
                        "1", "t", "2021-05-06 22:42:33.25", Self.token.uuidString.lowercased(), "12.34",
                        "{\"text\":\"a\"}", "\\x00ff", "0.5",
                    ]
                ])
            client.close()
            try await group.shutdownGracefully()
        }
    }

    @Test func largeDecimalsAreExact() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            try await connection.run("CREATE TABLE t (d TEXT, n DECIMAL)")
            let large = try #require(Decimal(string: "12345678901234567890.123456789"))
            try await connection.run("INSERT INTO t VALUES (\(large), \(Decimal(string: "0.1")))")
            let row = try await connection.execute("SELECT * FROM t", deadline: nil).rows[0]
            #expect(Decimal(sqlValue: row[0]) == large)
            #expect(row[1] == .decimal(Decimal(string: "0.1") ?? 0))
        }
    }

    @Test func affectedRowsAndGeneratedKeysAreTold() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            var result = try await connection.execute(
                "INSERT INTO book (title, copies) VALUES ('Sanditon', 1)", deadline: nil)
            #expect(result.affectedRows == 1 && result.generatedKey == 3)
            result = try await connection.execute("UPDATE book SET copies = 0", deadline: nil)
            #expect(result.affectedRows == 3 && result.generatedKey == nil)
            result = try await connection.execute(
                "INSERT INTO book (title) VALUES ('a'), ('b') RETURNING id, title", deadline: nil)
            #expect(result.rows.map { $0["id"] } == [.integer(4), .integer(5)] && result.affectedRows == 2)
            result = try await connection.execute("INSERT OR IGNORE INTO book VALUES (1, 'x', 1)", deadline: nil)
            #expect(result.affectedRows == 0 && result.generatedKey == nil)
            #expect(try await connection.integer("SELECT last_insert_rowid()") == 5)
            #expect(try await pair.connection().integer("SELECT last_insert_rowid()") == 0)
            result = try await connection.execute("CREATE TABLE t (a)", deadline: nil)
            #expect(result.affectedRows == 0 && result.rows.isEmpty)
            try await connection.run("CREATE TABLE word (word TEXT PRIMARY KEY) WITHOUT ROWID")
            result = try await connection.execute("INSERT INTO word VALUES ('a')", deadline: nil)
            #expect(result.affectedRows == 1 && result.generatedKey == nil)
            result = try await connection.execute(
                "INSERT INTO book (title, copies) VALUES ('c', last_insert_rowid())", deadline: nil)
            #expect(result.generatedKey == 6)
            #expect(try await connection.integer("SELECT copies FROM book WHERE id = 6") == 5)
            await connection.reset()
            #expect(try await connection.integer("SELECT last_insert_rowid()") == 0)
        }
    }

    @Test func aStatementOfPostgreSQLsDialectRuns() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            #expect(
                try await connection.integer("SELECT count(*) FROM book WHERE now() > '2000' AND id = \(1)::int8") == 1)
            #expect(try await connection.integer("SELECT copies FROM book WHERE id IN (\(list: [2, 3]))") == 20)
        }
    }

    @Test(arguments: [false, true]) func aStatementThatIsSeveralToSQLiteIsRunWhole(_ begins: Bool) async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            if begins { try await connection.begin() }
            try await connection.run(
                "CREATE TABLE loan (id INT GENERATED ALWAYS AS IDENTITY (START WITH 100) PRIMARY KEY, book INT)")
            #expect(try await connection.integer("SELECT last_insert_rowid()") == 0)
            var result = try await connection.execute("INSERT INTO loan (book) VALUES (1)", deadline: nil)
            #expect(result.generatedKey == 100)
            let rows: Statement = "SELECT (SELECT count(*) FROM book) + (SELECT count(*) FROM loan)"
            #expect(try await connection.integer(rows) == 3)
            result = try await connection.execute("TRUNCATE book, loan RESTART IDENTITY", deadline: nil)
            #expect(result.affectedRows == 0 && result.rows.isEmpty)
            #expect(try await connection.integer(rows) == 0)
            result = try await connection.execute("INSERT INTO loan (book) VALUES (1)", deadline: nil)
            #expect(result.generatedKey == 1)
            let cursor = try await connection.openCursor("TRUNCATE loan, book", deadline: nil)
            #expect(try await cursor.next(1) == nil)
            await cursor.close()
            #expect(try await connection.integer(rows) == 0)
            if begins { _ = try await connection.commit() }
            #expect(try await pair.copies() == nil)
        }
    }
}
