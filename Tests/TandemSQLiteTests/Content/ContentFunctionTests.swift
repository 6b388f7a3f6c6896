import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

/// The functions by which nodes are compared, as clients call them.
@Suite struct ContentFunctionTests {
    private let pair: Pair
    private let reader: ReaderConnection

    init() throws {
        pair = try Pair()
        try pair.run(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, x)", "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')",
            "CREATE TABLE k(b, a TEXT, x, PRIMARY KEY(a, b)) WITHOUT ROWID",
            """
            INSERT INTO k(a, b, x) VALUES ('', 1, 1), ('it''s', 2.5, 2), ('it''s', x'00FF', 3), ('it''s', 9e999, 4),
              (CAST(x'610062' AS TEXT), 1, 5), (CAST(x'61FF' AS TEXT), -9223372036854775807 - 1, 6), ('ä', 'y', 7)
            """)
        try pair.group { writer in
            try writer.transaction { _ in try writer.write(StoredUser(name: "admin", verifier: "secret", roles: 1)) }
        }
        reader = try ReaderConnection(path: pair.primaryPath)
    }

    /// What a client's statement answers.
    private func ask(_ sql: String) throws -> String? {
        let statement = try #require(try reader.cachedStatement(sql))
        defer { reader.giveBack(statement) }
        guard try statement.step(), !statement.isNull(0) else { return nil }
        return String(decoding: statement.text(0), as: UTF8.self)
    }

    private func refusal(_ sql: String) -> SQLiteError? {
        do {
            let answer = try ask(sql)
            Issue.record("\(sql) answers \(answer ?? "nothing")")
            return nil
        } catch {
            return error as? SQLiteError
        }
    }

    @Test(arguments: [
        "999) UNION ALL SELECT name||'':''||verifier FROM _tandem_user LIMIT 1 --",
        "(SELECT max(verifier) FROM _tandem_user)",
        "1; SELECT 1", "x", "", "1,", "1, 2", "0x10", "- -1", "1 + 1", "CAST(1 AS TEXT)", "?1", "random()",
    ])
    func aKeyThatIsNoLiteralIsRefused(_ key: String) {
        for sql in [
            "SELECT tandem_content_bound('t', '\(key)', 1)", "SELECT tandem_content('t', '\(key)', NULL)",
            "SELECT tandem_content('t', NULL, '\(key)')",
        ] {
            #expect(refusal(sql)?.message.contains("key") == true, "\(sql)")
        }
    }

    @Test func everyKeyIsABoundThatFindsItsRowAgain() throws {
        for table in ["t", "k"] {
            let count = try #require(try ask("SELECT count(*) FROM \(table)").flatMap { Int($0) })
            var after = "NULL"
            for _ in 0..<count {
                let key = try #require(try ask("SELECT tandem_content_bound('\(table)', \(after), 1)"))
                let bound = Value.text(key).description
                #expect(
                    try ask("SELECT tandem_content('\(table)', \(after), \(bound))")?.hasPrefix("1 ") == true, "\(key)")
                after = bound
            }
            #expect(try ask("SELECT tandem_content_bound('\(table)', \(after), 1)") == nil)
            #expect(try ask("SELECT tandem_content('\(table)', \(after), NULL)")?.hasPrefix("0 ") == true)
        }
    }

    /// Such a table was refused, and with it ended the comparison of all others.
    @Test func aTableThatHasTakenAllNamesOfTheRowidIsAddedUpWhole() throws {
        try pair.run(
            "CREATE TABLE n(rowid, oid, x)", "INSERT INTO n VALUES (1, 2, 3), (4, 5, 6)",
            "ALTER TABLE n RENAME COLUMN x TO _rowid_")
        let first = try #require(try ask("SELECT tandem_content('n', NULL, NULL)"))
        #expect(first.hasPrefix("2 "))
        #expect(try ask("SELECT tandem_content_bound('n', NULL, 1)") == nil)
        #expect(refusal("SELECT tandem_content('n', '1', NULL)")?.message.contains("key") == true)
        try pair.run("CREATE TABLE m(rowid, oid, x)", "INSERT INTO m VALUES (1, 2, 3), (4, 5, 7)")
        try pair.run("ALTER TABLE m RENAME COLUMN x TO _rowid_")
        let second = try #require(try ask("SELECT tandem_content('m', NULL, NULL)"))
        #expect(second.hasPrefix("2 ") && second != first)
        try pair.checkEqual()
    }

    @Test(arguments: [
        "SELECT verifier FROM hidden", "SELECT count(*) FROM hidden", "SELECT * FROM hidden LIMIT 0",
    ])
    func noStatementOfAReaderReadsTheUsersByAnyName(_ sql: String) throws {
        // A view over the table cannot be made through the node; another program can.
        let foreign = try DatabaseQueue(path: pair.primaryPath)
        try foreign.write { try $0.execute(sql: "CREATE VIEW hidden AS SELECT * FROM _tandem_user") }
        try foreign.close()
        #expect(refusal(sql)?.primaryResultCode == 23)  // SQLITE_AUTH
        let brief = try BriefReader(path: pair.primaryPath)
        brief.beginAttempt(sql)
        #expect(throws: SQLiteError.self) { try brief.cachedStatement(sql) }
        _ = brief.endAttempt(failed: true)
        // The node itself does, and so does the program that embeds it.
        #expect(try reader.user("admin")?.verifier == "secret")
        #expect(try reader.read { try String.fetchOne($0, sql: "SELECT verifier FROM hidden") } == "secret")
        #expect(refusal(sql)?.primaryResultCode == 23)
        try brief.close()
    }
}
