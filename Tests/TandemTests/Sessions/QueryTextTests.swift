import PostgresWire
import Testing

@testable import Tandem

@Suite struct QueryTextTests {
    /// Threads' stacks end, and what is copied for each level is copied ever more often.
    @Test(arguments: [
        ("(", "1", ")"), ("lower(", "now()", ")"), ("CASE WHEN 1 THEN ", "1", " END"), ("END (", "1", ")"),
        ("", "1", "::int"),
        ("", "1", " :: int"), ("", "1", "::numeric(10, 2)"), ("", "a", "[1]"), ("", "2", " ^ 2"),
        ("", "now()", " - interval '1 day'"),
        ("(SELECT * FROM ", "t", ")"), ("(", "", ""),
    ])
    func whatIsNestedTooDeepIsRefused(_ open: String, _ inner: String, _ close: String) {
        func sql(_ depth: Int) -> String {
            "SELECT now(), " + String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
        }
        let error = #expect(throws: PostgresError.self) { try QueryText.single(sql(50_000), parameterTypes: []) }
        #expect(error?.code == .statementTooComplex)
        #expect(throws: Never.self) { try QueryText.single(sql(90), parameterTypes: []) }
    }

    /// Their operand is written more than once.
    @Test(arguments: ["::regclass"])
    func translationsThatGrowWithEachLevelAreBounded(_ wrap: String) throws {
        func sql(_ count: Int) -> String { "SELECT a" + String(repeating: wrap, count: count) }
        let error = #expect(throws: PostgresError.self) { try QueryText.single(sql(90), parameterTypes: []) }
        #expect(error?.code == .statementTooComplex)
        _ = try QueryText.single(sql(5), parameterTypes: [])
    }

    @Test(arguments: [
        ("", SessionCommand.empty), ("BEGIN", .begin(.init())), ("begin work", .begin(.init())),
        ("START TRANSACTION READ ONLY", .begin(.init(isReadOnly: true))),
        (
            "BEGIN ISOLATION LEVEL SERIALIZABLE, READ WRITE",
            .begin(.init(isReadOnly: false, isSnapshot: true, isolation: "serializable"))
        ),
        ("begin immediate", .begin(.init())), ("COMMIT WORK", .commit()), ("END", .commit()),
        ("rollback", .rollback()), ("ABORT", .rollback()), ("commit and chain", .commit(chains: true)),
        ("END TRANSACTION AND NO CHAIN", .commit()), ("ROLLBACK WORK AND CHAIN", .rollback(chains: true)),
        ("SAVEPOINT \"A b\"", .savepoint("A b")), ("ROLLBACK TO SAVEPOINT s", .rollbackTo("s")),
        ("rollback work to s", .rollbackTo("s")), ("RELEASE s", .release("s")),
        ("SET statement_timeout = '5s'", .set(name: "statement_timeout", value: "5s")),
        ("SET SESSION tandem.commit_timeout TO 300", .set(name: "tandem.commit_timeout", value: "300")),
        ("SET search_path TO a, b", .set(name: "search_path", value: "a, b")),
        ("SET x.y = DEFAULT", .set(name: "x.y", value: nil)),
        ("SET TIME ZONE 'UTC'", .set(name: "TimeZone", value: "UTC")),
        ("SHOW TRANSACTION ISOLATION LEVEL", .show("transaction_isolation")),
        ("SHOW tandem.status", .show("tandem.status")), ("RESET ALL", .reset(nil)), ("DISCARD ALL", .discardAll),
        ("SET LOCAL lock_timeout = 1", .set(name: "lock_timeout", value: "1", isLocal: true)),
        ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", .setCharacteristics(.init(isReadOnly: true))),
        ("DISCARD PLANS", .discardNothing("PLANS")), ("DISCARD SEQUENCES", .discardSequences),
        ("TRUNCATE t", .write(tag: "TRUNCATE TABLE")),
        (
            "PREPARE p (int, numeric(10, 2)) AS SELECT $1",
            .prepared(.prepare(name: "p", query: "SELECT $1", types: [.int4, .numeric]))
        ),
        (
            "EXECUTE p (1, -2.5, 'it''s', NULL, 'x'::text)",
            .prepared(.execute(name: "p", arguments: ["1", "-2.5", "it's", nil, "x"]))
        ),
        ("DEALLOCATE PREPARE p", .deallocate("p")), ("select 1", .read), ("VALUES (1)", .read),
        ("WITH a AS (SELECT 'insert' FROM b) SELECT * FROM a", .read),
        ("WITH a(x) AS (SELECT 1) INSERT INTO t SELECT x FROM a", .write(tag: "INSERT")),
        ("/* x */ -- y\n update t set a = 1", .write(tag: "UPDATE")),
        ("CREATE UNIQUE INDEX i ON t (a)", .write(tag: "CREATE INDEX")),
        ("DROP TABLE IF EXISTS t", .write(tag: "DROP TABLE")), ("PRAGMA user_version", .read),
        ("PRAGMA user_version = 5", .write(tag: "PRAGMA")), ("PRAGMA table_info(t)", .read),
    ])
    func aStatementIsRecognisedByItsWords(_ sql: String, _ command: SessionCommand) throws {
        #expect(try QueryText.single(sql, parameterTypes: []).command == command)
    }

    @Test(arguments: [
        ("SELECT a FROM t FOR UPDATE", true), ("SELECT a FROM t for no key update OF t NOWAIT", true),
        ("SELECT a FROM (SELECT a FROM t FOR KEY SHARE SKIP LOCKED) AS u", true),
        ("DECLARE c CURSOR FOR SELECT a FROM t FOR SHARE", true), ("DECLARE c CURSOR FOR SELECT a FROM t", false),
        ("SELECT a, 'FOR UPDATE' FROM t -- FOR UPDATE", false), ("SELECT substring(a FROM 1 FOR 2) FROM t", false),
        ("DELETE FROM t WHERE a IN (SELECT a FROM t FOR UPDATE)", false),
    ])
    func aQueryThatLocksRowsIsKnown(_ sql: String, _ locksRows: Bool) throws {
        #expect(try QueryText.single(sql, parameterTypes: []).locksRows == locksRows)
    }

    @Test(arguments: [
        ("LOCK t", ["t"], false), ("LOCK TABLE ONLY public.\"T\" *, u IN ROW EXCLUSIVE MODE NOWAIT", ["T", "u"], true),
    ])
    func aTableIsLockedByAWriteThatChangesNothing(_ sql: String, _ tables: [String], _ isNowait: Bool) throws {
        let statement = try QueryText.single(sql, parameterTypes: [])
        let writes = tables.map { "DELETE FROM \"\($0)\" WHERE 0" }
        #expect((statement.place?.translated.preceding ?? []) + [statement.sql] == writes)
        #expect(statement.command == .write(tag: "LOCK TABLE") && statement.isNowait == isNowait)
    }

    @Test func aLockThatKeepsNobodyFromAnythingIsNone() throws {
        #expect(try QueryText.single("LOCK t IN ACCESS SHARE MODE", parameterTypes: []).command == .lockNothing)
        #expect(throws: PostgresError.self) { try QueryText.single("LOCK t IN SOME MODE", parameterTypes: []) }
        #expect(throws: PostgresError.self) { try QueryText.single("LOCK TABLE t IN SHARE", parameterTypes: []) }
    }

    @Test func aStringIsCutAtItsSemicolonsButNotInsideOfTriggers() throws {
        let trigger =
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO b VALUES (CASE 1 WHEN 1 THEN 2 END); DELETE FROM c; END"
        let statements = try QueryText.statements("SELECT ';' ; ; \(trigger);\nSELECT 2 -- ;\n")
        #expect(statements.map(\.sql) == ["SELECT ';'", trigger, "SELECT 2"])
    }

    @Test func severalStatementsCannotBePrepared() {
        #expect(throws: PostgresError.self) { try QueryText.single("SELECT 1; SELECT 2", parameterTypes: []) }
    }

    @Test(arguments: [
        "BEGIN NONSENSE", "SET", "SET a", "SAVEPOINT", "ROLLBACK TO", "BEGIN READ", "DISCARD SOMETHING", "PREPARE p",
        "EXECUTE p (1", "COMMIT nonsense", "COMMIT AND", "COMMIT AND CHAIN now", "COMMIT AND NOT CHAIN",
        "ROLLBACK nonsense", "ABORT TO s", "ROLLBACK TO s t", "SAVEPOINT s t", "RELEASE s t", "SHOW a b", "RESET a b",
        "DEALLOCATE a b", "CLOSE a b",
    ])
    func whatCannotBeReadIsASyntaxError(_ sql: String) {
        #expect { try QueryText.single(sql, parameterTypes: []) } throws: {
            ($0 as? PostgresError)?.code == .syntaxError
        }
    }

    @Test(arguments: [
        ("INSERT INTO t VALUES (1)", "t", false),
        ("insert or ignore into Public.\"My t\" DEFAULT VALUES", "my t", false),
        ("WITH w AS (SELECT 'into') REPLACE INTO t SELECT * FROM w", "t", false),
        ("INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 2", "t", true),
    ])
    func anInsertTellsWhichTablesKeysItMakes(_ sql: String, _ table: String, _ isUpsert: Bool) throws {
        let target = try QueryText.single(sql, parameterTypes: []).insertion
        #expect(target?.table == table)
        #expect(target?.isUpsert == isUpsert)
    }

    /// What is asked for the last key has to be told it: so an upsert's own is not known.
    @Test(arguments: [
        "UPDATE t SET a = 1", "SELECT 1", "INSERT INTO t VALUES (lastval()) ON CONFLICT DO UPDATE SET a = 2",
    ])
    func otherStatementsMakeNoKeys(_ sql: String) throws {
        #expect(try QueryText.single(sql, parameterTypes: []).insertion == nil)
    }

    @Test func keysAreOfABoundedNumberOfTables() {
        var keys = GeneratedKeys()
        for number in 0..<GeneratedKeys.capacity { keys.inserted(Int64(number), into: "t\(number)") }
        keys.inserted(42, into: "t0")
        #expect(keys["t0"] == 42 && keys["t1"] == 1)
        keys.inserted(1, into: "one more")
        #expect(keys["t0"] == nil && keys["one more"] == 1)
    }

    @Test(arguments: ["COMMIT PREPARED 'a'", "ROLLBACK PREPARED 'a'", "PREPARE TRANSACTION 'a'"])
    func transactionsInTwoPhasesAreNotSupported(_ sql: String) {
        #expect { try QueryText.single(sql, parameterTypes: []) } throws: {
            ($0 as? PostgresError)?.code == .featureNotSupported
        }
    }

    @Test(arguments: [
        ("BEGIN; INSERT INTO t VALUES (1); COMMIT AND CHAIN", false), ("COPY t FROM STDIN; COMMIT", true),
        ("INSERT INTO t VALUES (1)", false), ("BEGIN; INSERT INTO t VALUES (1)", true),
        ("BEGIN; INSERT INTO t VALUES (1); COMMIT", false), ("BEGIN; SAVEPOINT s; COMMIT", true),
        ("COMMIT; BEGIN", false), ("INSERT INTO t VALUES (1); ROLLBACK AND CHAIN; SAVEPOINT s", false),
    ])
    func theOutlookTellsWhetherATransactionStaysOpen(_ sql: String, _ staysOpen: Bool) throws {
        var outlook = TransactionOutlook(isOpen: false)
        outlook.see(try QueryText.statements(sql)[...])
        #expect(outlook.staysOpen == staysOpen)
    }

    /// The end of the first COPY was taken for that of all: the second one's rows were not waited for.
    @Test func eachCopyOfAQueryStringIsWaitedFor() throws {
        var outlook = TransactionOutlook(isOpen: false)
        outlook.copyBegins()
        outlook.see(try QueryText.statements("COPY t FROM STDIN; SELECT 1")[...])
        for staysOpen in [true, true, false] {
            #expect(outlook.staysOpen == staysOpen)
            outlook.see(.copyDone) { _ in
                nil
            } portal: { _ in
                nil
            }
        }
    }
}
