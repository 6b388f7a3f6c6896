import CTandemSQLite
import Foundation
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

@Suite struct StatementTests {
    private func prepare(
        _ connection: some StatementConnection, _ sql: String, from offset: Int = 0
    ) throws -> (statement: PreparedStatement?, next: Int) {
        var sql = sql
        return try sql.withUTF8 { try connection.prepare($0, from: offset) }
    }

    @Test func statementsOfATextArePreparedOneByOne() throws {
        let pair = try Pair()
        let reader = try ReaderConnection(path: pair.primaryPath)
        defer { try? reader.close() }
        let text = "SELECT 'ä'; -- c\n SELECT 2;  "
        let first = try prepare(reader, text)
        #expect(first.next == "SELECT 'ä';".utf8.count)
        let second = try prepare(reader, text, from: first.next)
        #expect(try second.statement?.step() == true)
        #expect(second.statement?.int64(0) == 2)
        let third = try prepare(reader, text, from: second.next)
        #expect(third.statement == nil)
        #expect(third.next == text.utf8.count)
        let error = #expect(throws: SQLiteError.self) { try prepare(reader, "SELECT 1; SELECT nosuch", from: 9) }
        #expect(error?.offset == 17)
        #expect(error?.message == "no such column: nosuch")
    }

    @Test func parametersAreFoundByNumberAndName() throws {
        let pair = try Pair()
        let reader = try ReaderConnection(path: pair.primaryPath)
        defer { try? reader.close() }
        let statement = try #require(try prepare(reader, "SELECT $2, $1, $2").statement)
        #expect(statement.parameterCount == 2)
        #expect(statement.highestParameterNumber == 2)
        #expect(statement.parameterIndex(number: 1) == 2)
        #expect(statement.parameterIndex(number: 2) == 1)
        #expect(statement.parameterIndex(number: 3) == nil)
        try statement.bind(Int64(7), at: try #require(statement.parameterIndex(number: 1)))
        try statement.bind(2.5, at: try #require(statement.parameterIndex(number: 2)))
        #expect(try statement.step())
        #expect(statement.double(0) == 2.5)
        #expect(statement.int64(1) == 7)
        let named = try #require(try prepare(reader, "SELECT ?, :a, @b, ?9").statement)
        #expect(named.parameterCount == 9)
        #expect(named.parameterIndex(name: ":a") == 2)
        #expect(named.parameterName(3) == "@b")
        #expect(named.parameterName(1) == nil)
        #expect(named.parameterIndex(number: 9) == 9)
        #expect(throws: SQLiteError.self) { try named.bindNull(at: 10) }
    }

    /// To SQLite each name costs as much as there are others: 30,000 took ten seconds.
    @Test func ofManyParametersThoseHaveNamesThatStandInSeveralPlaces() throws {
        let pair = try Pair()
        let reader = try ReaderConnection(path: pair.primaryPath)
        defer { try? reader.close() }
        // Backwards, the first and the last once more, and what only looks like them.
        let numbers = Array((1...300).reversed()) + [1, 300]
        let list = "FROM (VALUES " + numbers.map { "($\($0))" }.joined(separator: ",")
        let array = "SELECT (SELECT json_group_array(column1) \(list)))"
        let text = "\(array), '$7', \"$8\" FROM (SELECT 9 AS \"$8\") /* $9 */; SELECT $5"
        let prepared = try prepare(reader, text)
        let statement = try #require(prepared.statement)
        #expect(statement.highestParameterNumber == 300)
        #expect(statement.parameterCount == 300)
        #expect(statement.parameterIndex(number: 301) == nil)
        for number in 1...300 {
            let index = try #require(statement.parameterIndex(number: number))
            let name = [1, 300].contains(number) ? "$\(number)" : nil
            #expect(index == 301 - number && statement.parameterName(index) == name)
            try statement.bind(Int64(number * 10), at: index)
        }
        #expect(try statement.step())
        let values = numbers.map { String($0 * 10) }.joined(separator: ",")
        #expect(String(decoding: statement.text(0), as: UTF8.self) == "[\(values)]")
        #expect(String(decoding: statement.text(1), as: UTF8.self) == "$7")
        #expect(statement.int64(2) == 9)
        #expect(statement.sql + " SELECT $5" == text)
        let second = try #require(try prepare(reader, text, from: prepared.next).statement)
        #expect(second.parameterName(1) == "$5" && second.highestParameterNumber == 5)
        let error = #expect(throws: SQLiteError.self) { try prepare(reader, "SELECT (SELECT 1 \(list))), nosuch") }
        #expect(error?.offset == "SELECT (SELECT 1 \(list))), ".utf8.count)
        // What cannot be told apart by its number is left to SQLite.
        let named = try #require(try prepare(reader, "SELECT 1 \(list), (:a))").statement)
        #expect(named.parameterName(2) == "$299" && named.parameterIndex(number: 299) == 2)
    }

    @Test func columnsTellWhereTheyComeFrom() throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT)", "INSERT INTO book VALUES (1, 'x'), (2, NULL)")
        let reader = try ReaderConnection(path: pair.primaryPath)
        defer { try? reader.close() }
        let statement = try #require(
            try reader.cachedStatement("SELECT id AS n, title, 1 + 1, x'01', '' FROM book ORDER BY id"))
        #expect(statement.isReadOnly)
        #expect(statement.columnCount == 5)
        #expect((0..<3).map(statement.columnName) == ["n", "title", "1 + 1"])
        #expect((0..<3).map(statement.columnDeclaredType) == ["INTEGER", "TEXT", nil])
        #expect((0..<3).map(statement.columnTable) == ["book", "book", nil])
        #expect((0..<3).map(statement.columnOrigin) == ["id", "title", nil])
        #expect(try statement.step())
        #expect(
            (0..<5).map(statement.columnType) == [
                SQLITE_INTEGER, SQLITE_TEXT, SQLITE_INTEGER, SQLITE_BLOB, SQLITE_TEXT,
            ])
        #expect(String(decoding: statement.text(1), as: UTF8.self) == "x")
        #expect(Array(statement.blob(3)) == [1])
        #expect(statement.text(4).isEmpty)
        #expect(try statement.step())
        #expect(statement.isNull(1))
        #expect(try !statement.step())
        reader.giveBack(statement)
        #expect(
            try reader.cachedStatement("SELECT id AS n, title, 1 + 1, x'01', '' FROM book ORDER BY id") === statement)
        #expect(
            try reader.cachedStatement("SELECT id AS n, title, 1 + 1, x'01', '' FROM book ORDER BY id") !== statement)
        #expect(throws: SQLiteError.self) { try reader.cachedStatement("SELECT 1; SELECT 2") }
    }

    @Test func emptyTextAndBlobsAreNotNull() throws {
        let pair = try Pair()
        let reader = try ReaderConnection(path: pair.primaryPath)
        defer { try? reader.close() }
        let statement = try #require(try reader.cachedStatement("SELECT $1, $2, typeof($1), typeof($2)"))
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        for copying in [true, false] {
            try statement.bindText(empty, at: 1, copying: copying)
            try statement.bindBlob(empty, at: 2, copying: copying)
            #expect(try statement.step())
            #expect(String(decoding: statement.text(2), as: UTF8.self) == "text")
            #expect(String(decoding: statement.text(3), as: UTF8.self) == "blob")
            statement.reset()
        }
    }

    @Test(
        arguments: [
            ("INSERT INTO p VALUES (1, 'x')", SQLiteResultCode.constraintPrimaryKey, "p", "id", nil),
            ("INSERT INTO p VALUES (2, NULL)", SQLiteResultCode.constraintNotNull, "p", "n", nil),
            ("INSERT INTO p VALUES (2, 'a')", SQLiteResultCode.constraintCheck, nil, nil, "short"),
            ("INSERT INTO q VALUES (1, 1)", SQLiteResultCode.constraintUnique, "q", nil, nil),
            ("INSERT INTO q VALUES (5, 9)", SQLiteResultCode.constraintForeignKey, nil, nil, nil),
            ("INSERT INTO q VALUES (7, 1)", SQLiteResultCode.constraintUnique, nil, nil, "expr"),
        ] as [(String, Int32, String?, String?, String?)])
    func constraintErrorsTellWhatTheMessageTells(
        _ sql: String, _ code: Int32, _ table: String?, _ column: String?, _ constraint: String?
    ) throws {
        let pair = try Pair()
        try pair.run(
            """
            CREATE TABLE p(id INTEGER PRIMARY KEY, n NOT NULL, CONSTRAINT short CHECK (length(n) = 1 AND n <> 'a'));
            CREATE TABLE q(a, b REFERENCES p, UNIQUE(a, b)); INSERT INTO p VALUES (1, 'x'); INSERT INTO q VALUES (1, 1), (-7, 1); CREATE UNIQUE INDEX expr ON q(abs(a)) WHERE abs(a) > 5;
            """)
        try pair.group { writer in
            try writer.beginTransaction()
            let statement = try #require(try writer.cachedStatement(sql))
            let error = #expect(throws: SQLiteError.self) { try statement.step() }
            #expect(error?.resultCode == code)
            #expect(error?.table == table)
            #expect(error?.column == column)
            #expect(error?.constraint == constraint)
            try writer.endTransaction()
        }
    }

    @Test func aReaderCannotWrite() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)")
        let reader = try ReaderConnection(path: pair.primaryPath)
        defer { try? reader.close() }
        for sql in [
            "INSERT INTO a VALUES (1)", "CREATE TABLE b(x)", "PRAGMA user_version = 1", "ANALYZE",
            "PRAGMA query_only = OFF", "PRAGMA wal_checkpoint", "ATTACH 'x' AS y", "CREATE TEMP TABLE t(x)", "VACUUM",
        ] {
            let error = #expect(throws: SQLiteError.self) { _ = try reader.cachedStatement(sql)?.step() }
            #expect(
                error?.code == .refused || error?.primaryResultCode == SQLITE_READONLY,
                "\(sql): \(String(describing: error))")
        }
        #expect(throws: DatabaseError.self) { try reader.read { try $0.execute(sql: "INSERT INTO a VALUES (1)") } }
    }

    @Test func aCancelledStatementSaysSo() throws {
        let pair = try Pair()
        let reader = try ReaderConnection(path: pair.primaryPath)
        let interrupter = reader.interrupter
        let statement = try #require(
            try reader.cachedStatement(
                "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s) SELECT count(*) FROM s"))
        let thread = Thread {
            while !Thread.current.isCancelled {
                interrupter.cancel()
                sched_yield()
            }
        }
        thread.start()
        let error = #expect(throws: SQLiteError.self) { try statement.step() }
        thread.cancel()
        #expect(error?.code == .cancelled)
        try reader.close()
        interrupter.cancel()  // Too late, and without harm.
    }

    @Test func valuesOfASessionFollowItFromConnectionToConnection() throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE a(id INTEGER PRIMARY KEY, x); CREATE TABLE log(m); CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO log VALUES (1); END"
        )
        let reader = try ReaderConnection(path: pair.primaryPath)
        defer { try? reader.close() }
        let question = "SELECT last_insert_rowid(), changes(), total_changes()"
        func ask(_ connection: some StatementConnection, _ values: SessionValues) throws -> [Int64] {
            connection.beginSession(values)
            let statement = try #require(try connection.cachedStatement(question))
            #expect(try statement.step())
            let answer = (0..<3).map(statement.int64)
            connection.giveBack(statement)
            #expect(connection.endSession() == values)
            return answer
        }
        var values = SessionValues()
        try pair.group { writer in
            try writer.beginTransaction()
            writer.beginSession(values)
            for sql in ["INSERT INTO a VALUES (41, 1), (42, 2)", "UPDATE a SET x = 5 WHERE id = 41"] {
                let statement = try #require(try writer.cachedStatement(sql))
                #expect(try !statement.step())
                writer.giveBack(statement)
            }
            values = writer.endSession()
            try writer.endTransaction()
            #expect(try ask(writer, SessionValues(lastInsertRowid: 7, changes: 8, totalChanges: 9)) == [7, 8, 9])
        }
        #expect(values == SessionValues(lastInsertRowid: 42, changes: 1, totalChanges: 5))
        #expect(try ask(reader, values) == [42, 1, 5])
        #expect(try ask(reader, SessionValues()) == [0, 0, 0])
    }

    @Test(arguments: [(0, 19), (3, 23), (6, 26), (9, 26), (-1, 19)])
    func theTimeHasAsManyDigitsAsAskedFor(_ digits: Int, _ length: Int) throws {
        let pair = try Pair()
        let reader = try ReaderConnection(path: pair.primaryPath)
        defer { try? reader.close() }
        let text = try reader.read { try String.fetchOne($0, sql: "SELECT tandem_now(?)", arguments: [digits]) }
        #expect(text?.utf8.count == length)
        let apart = try reader.read {
            try Double.fetchOne($0, sql: "SELECT abs(julianday('now') - julianday(tandem_now(3)))")
        }
        #expect(try #require(apart) < 0.001)
    }

    @Test func aLimitStopsItsOwnCallAndNoOther() throws {
        let pair = try Pair()
        let reader = try ReaderConnection(path: pair.primaryPath)
        defer { try? reader.close() }
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        let cancelled = StatementLimit()
        cancelled.cancel()
        let limits: [(StatementLimit, StatementLimit.Reason)] = [
            (StatementLimit(deadline: .now + .milliseconds(20)), .deadlinePassed), (cancelled, .cancelled),
        ]
        for (limit, reason) in limits {
            let error = #expect(throws: SQLiteError.self) {
                try reader.limited(by: limit) { try prepare(reader, endless).statement?.step() }
            }
            #expect(error?.code == .cancelled && limit.reason == reason)
            #expect(throws: DatabaseError.self) {
                try reader.limited(by: StatementLimit(deadline: .now + .milliseconds(20))) {
                    try reader.read { try Int.fetchOne($0, sql: endless) }
                }
            }
            // What comes after it has no limit.
            #expect(try reader.read { try Int.fetchOne($0, sql: "SELECT 1") } == 1)
        }
    }
}
