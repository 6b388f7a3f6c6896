import Testing

@testable import TandemSQLite

@Suite struct TokenizerTests {
    private func tokens(_ sql: String) -> [String] {
        var sql = sql
        return sql.withUTF8 { text in
            SQLTokenizer(text).map { token in "\(token.kind) \(String(decoding: text[token.range], as: UTF8.self))" }
        }
    }

    @Test(
        arguments: [
            ("SELECT a_1 FROM \"t x\"", ["word SELECT", "word a_1", "word FROM", "quotedName \"t x\""]),
            (
                "'it''s' \"a\"\"b\" `c``d` [e f]",
                ["string 'it''s'", "quotedName \"a\"\"b\"", "quotedName `c``d`", "quotedName [e f]"]
            ),
            ("-- not; this\nA/* nor\n; this */B", ["word A", "word B"]), ("a -- end", ["word a"]), ("/* open", []),
            ("-", ["symbol -"]),
            ("x'0aF' X'' x'0A' x'1", ["malformed x'0aF'", "blob X''", "blob x'0A'", "malformed x'1"]),
            ("xyz", ["word xyz"]),
            (
                "1 1.5 .5 1e3 1E-3 0xFf 1.e2 12ab 1e",
                [
                    "number 1", "number 1.5", "number .5", "number 1e3", "number 1E-3", "number 0xFf", "number 1.e2",
                    "malformed 12ab", "malformed 1e",
                ]
            ),
            (
                "? ?12 $1 :name @v $a::b",
                ["parameter ?", "parameter ?12", "parameter $1", "parameter :name", "parameter @v", "parameter $a::b"]
            ),
            (
                "a->>b->c||d<=e<>f!=g==h<<i>>j",
                [
                    "word a", "symbol ->>", "word b", "symbol ->", "word c", "symbol ||", "word d", "symbol <=",
                    "word e", "symbol <>", "word f", "symbol !=", "word g", "symbol ==", "word h", "symbol <<",
                    "word i", "symbol >>", "word j",
                ]
            ),
            ("a;b;", ["word a", "semicolon ;", "word b", "semicolon ;"]), ("'open", ["malformed 'open"]),
            ("[open", ["malformed [open"]),
            ("schön ta$x", ["word schön", "word ta$x"]), ("!", ["malformed !"]),
            ("(a,*)", ["symbol (", "word a", "symbol ,", "symbol *", "symbol )"]),
            ("\u{0C}a\r\n\tb", ["word a", "word b"]),
            ("SELECT 1--1\n-2", ["word SELECT", "number 1", "symbol -", "number 2"]),
        ] as [(String, [String])])
    func tokensAreThoseOfSQLite(_ sql: String, _ expected: [String]) { #expect(tokens(sql) == expected) }

    @Test func tokensOfRandomBytesCoverTheTextInOrder() {
        var generator = Seeded(5)
        let alphabet = Array("'\"`[]-/*;x0.e$?:@!=<>|ab \n\u{e4}".utf8)
        for _ in 0..<3_000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            }
            bytes.withUnsafeBufferPointer { text in
                var end = 0
                for token in SQLTokenizer(text) {
                    #expect(token.range.lowerBound >= end && token.range.upperBound > token.range.lowerBound)
                    end = token.range.upperBound
                }
                #expect(end <= text.count)
                _ = StatementKind(text)
            }
        }
    }

    @Test(
        arguments: [
            ("", .empty), (" ; -- x\n ;", .empty), ("select 1", .select), ("/* c */ VALUES (1)", .select),
            ("INSERT INTO t VALUES (1)", .insert),
            ("replace into t values (1)", .insert), ("UPDATE t SET a = 1", .update), ("DELETE FROM t", .delete),
            ("WITH x AS (SELECT 1), y AS (DELETE FROM z) INSERT INTO t SELECT 1", .insert),
            ("WITH RECURSIVE a(b) AS (VALUES (1)) SELECT * FROM a", .select),
            ("WITH insertion AS (SELECT 'delete') UPDATE t SET a = 1", .update),
            ("CREATE TABLE t(a)", .createTable(SQLName("t"))),
            ("create table if not exists main.\"t\"\"x\" (a)", .createTable(SQLName(schema: "main", "t\"x"))),
            ("CREATE TABLE [a b] AS SELECT 1", .createTableAsSelect(SQLName("a b"))),
            ("CREATE TEMP TABLE t(a)", .createTemporary), ("CREATE TEMPORARY VIEW v AS SELECT 1", .createTemporary),
            ("CREATE VIRTUAL TABLE IF NOT EXISTS f USING fts5(a)", .createVirtualTable(SQLName("f"), module: "fts5")),
            ("CREATE UNIQUE INDEX i ON t(a)", .createIndex(SQLName("i"))),
            ("CREATE VIEW v AS SELECT 1", .createView(SQLName("v"))),
            ("CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END", .createTrigger(SQLName("r"))),
            ("DROP TABLE IF EXISTS `t`", .dropTable(SQLName("t"))), ("DROP INDEX i", .drop(SQLName("i"))),
            ("ALTER TABLE t RENAME TO u", .alterTable(SQLName("t"))),
            ("PRAGMA user_version", .pragma(PragmaStatement(name: "user_version"))),
            (
                "PRAGMA Main.User_Version = -3",
                .pragma(PragmaStatement(schema: "Main", name: "user_version", argument: "-3"))
            ),
            ("pragma table_info('t')", .pragma(PragmaStatement(name: "table_info", argument: "t"))),
            ("BEGIN IMMEDIATE", .begin), ("START TRANSACTION READ ONLY", .begin),
            ("COMMIT", .commit), ("end", .commit), ("ROLLBACK", .rollback),
            ("ROLLBACK TRANSACTION TO SAVEPOINT \"s\"", .rollbackTo("s")), ("rollback to s", .rollbackTo("s")),
            ("SAVEPOINT \"A b\"", .savepoint("A b")), ("RELEASE SAVEPOINT s", .release("s")),
            ("RELEASE s", .release("s")), ("ATTACH 'x' AS y", .attach), ("DETACH y", .detach),
            ("VACUUM INTO 'x'", .vacuum), ("REINDEX", .reindex), ("ANALYZE t", .analyze),
            ("EXPLAIN DELETE FROM t", .explain), ("FROBNICATE", .other), ("(SELECT 1)", .other),
        ] as [(String, StatementKind)])
    func statementsAreKnownByTheirFirstWords(_ sql: String, _ kind: StatementKind) {
        #expect(StatementKind(sql) == kind)
    }

    @Test(
        arguments: [
            ("SELECT 1; SELECT ';' ;; -- ;\nSELECT 3", ["SELECT 1", "SELECT ';'", "SELECT 3"]), ("", []), (" ;; ", []),
            (
                "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; DELETE FROM t; END; SELECT 2",
                [
                    "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; DELETE FROM t; END",
                    "SELECT 2",
                ]
            ),
            (
                "CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END; X",
                ["CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END", "X"]
            ),
            ("BEGIN; INSERT INTO t VALUES (1); END", ["BEGIN", "INSERT INTO t VALUES (1)", "END"]),
        ] as [(String, [String])])
    func statementsAreSplitWhereSQLiteSplitsThem(_ sql: String, _ expected: [String]) {
        var sql = sql
        let found = sql.withUTF8 { text in StatementSplitter(text).map { String(decoding: text[$0], as: UTF8.self) } }
        #expect(found == expected)
    }
}
