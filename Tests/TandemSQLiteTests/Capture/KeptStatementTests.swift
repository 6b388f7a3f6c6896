import CTandemSQLite
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

/// Statements that were prepared before the schema changed: SQLite prepares them anew inside of `sqlite3_step`.
@Suite struct KeptStatementTests {
    /// Runs statements that stay prepared, each as a transaction of its own.
    private func run(_ texts: [String], in pair: Pair, keeping kept: inout [String: Statement]) throws {
        for sql in texts {
            try pair.group { writer in
                try writer.transaction { database in
                    let statement = try kept[sql] ?? database.makeStatement(sql: sql)
                    kept[sql] = statement
                    try statement.execute()
                }
            }
        }
    }

    @Test(arguments: [
        ["CREATE TABLE a(x)", "DROP TABLE a"],
        ["CREATE TABLE a(x)", "INSERT INTO a VALUES (1)", "DROP TABLE a"],
        ["CREATE TABLE a AS SELECT 1 AS x, random() AS r", "DROP TABLE a"],
        ["CREATE TABLE a(x)", "CREATE INDEX i ON a(x)", "DROP INDEX i", "DROP TABLE a"],
        ["CREATE TABLE a(x)", "ALTER TABLE a ADD COLUMN y DEFAULT 5", "INSERT INTO a VALUES (1, 2)", "DROP TABLE a"],
        ["CREATE TABLE a(x)", "INSERT INTO a VALUES (1)", "ANALYZE", "REINDEX", "DROP TABLE a"],
        ["CREATE VIRTUAL TABLE f USING fts5(t)", "INSERT INTO f VALUES ('a b')", "DROP TABLE f"],
        ["CREATE TABLE a(x)", "CREATE VIEW v AS SELECT x FROM a", "DROP VIEW v", "DROP TABLE a"],
        [
            "CREATE TABLE a(x)",
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = x + 1 WHERE rowid = new.rowid; END",
            "INSERT INTO a VALUES (1)", "DROP TRIGGER t", "DROP TABLE a",
        ],
    ])
    func keptStatementsArriveEachTimeTheyRun(_ texts: [String]) throws {
        let pair = try Pair()
        var kept: [String: Statement] = [:]
        for _ in 0..<4 {
            for sql in texts {
                try run([sql], in: pair, keeping: &kept)
                try pair.checkEqual()
            }
        }
    }

    @Test func keptFullTextInsertIsLoggedInItsPlaceAfterTheSchemaChanged() throws {
        let pair = try Pair()
        try pair.run("CREATE VIRTUAL TABLE f USING fts5(t)")
        var kept: [String: Statement] = [:]
        for round in 0..<3 {
            try run(["INSERT INTO f VALUES ('words to be found')"], in: pair, keeping: &kept)
            try pair.run("CREATE TABLE other\(round)(x)")
            try pair.checkEqual()
        }
        #expect(try pair.rows("SELECT count(*) FROM f WHERE f MATCH 'found'") == ["3"])
    }

    /// The second CREATE fails as SQLite prepares it anew: rows that come after it must be captured nevertheless.
    @Test func rowsAfterAKeptChangeThatFailsAreLogged() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE b(y)")
        try pair.group { writer in
            try writer.transaction { database in
                let create = try database.makeStatement(sql: "CREATE TABLE a(x)")
                try create.execute()
                try database.execute(sql: "INSERT INTO b VALUES (1)")
                #expect(throws: DatabaseError.self) { try create.execute() }
                try database.execute(sql: "INSERT INTO b VALUES (2)")
            }
        }
        try pair.checkEqual()
        #expect(try pair.rows("SELECT y FROM b") == ["1", "2"])
    }

    @Test func aSchemaChangeThatNobodySawFailsItsTransaction() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE b(y)")
        try pair.group { writer in
            let error = #expect(throws: SQLiteError.self) {
                try writer.transaction { database in
                    try database.execute(sql: "INSERT INTO b VALUES (1)")
                    _ = try writer.capture.statements.withOwnStatements { () throws(SQLiteError) in
                        sqlite3_exec(database.sqliteConnection, "CREATE TABLE unseen(x)", nil, nil, nil)
                    }
                    try database.execute(sql: "CREATE TABLE seen(x)")
                }
            }
            #expect(error?.code == .captureFailed)
            try writer.transaction { try $0.execute(sql: "INSERT INTO b VALUES (2)") }
        }
        try pair.checkEqual()
        #expect(try pair.rows("SELECT y FROM b") == ["2"])
    }

    @Test func changesOfTheSchemaInSavepointsAreCountedByThem() throws {
        let pair = try Pair()
        try pair.run(
            """
            CREATE TABLE a(x); SAVEPOINT s; CREATE TABLE b(x); SAVEPOINT t; CREATE TABLE c(x); ROLLBACK TO t;
            CREATE TABLE d(x); RELEASE t; ROLLBACK TO s; CREATE TABLE e(x); RELEASE s; INSERT INTO e VALUES (1)
            """)
        try pair.group { writer in
            #expect(throws: DatabaseError.self) {
                try writer.transaction {
                    try $0.execute(sql: "CREATE TABLE f(x); SAVEPOINT s; CREATE TABLE g(x); nonsense")
                }
            }
            try writer.transaction { try $0.execute(sql: "CREATE TABLE h(x); INSERT INTO h VALUES (1)") }
        }
        try pair.checkEqual()
        #expect(
            try pair.rows("SELECT name FROM sqlite_schema WHERE name NOT LIKE '%tandem%' ORDER BY 1") == [
                "a", "e", "h",
            ])
    }
}
