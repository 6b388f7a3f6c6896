import PostgresWire
import Testing

@testable import Tandem

/// What PostgreSQL calls literals of unknown type: strings that are values of the type of what they stand beside.
@Suite struct PlainLiteralsTests {
    private static let tables: [String: [(String, PostgresType)]] = [
        "t": [
            ("id", .int8), ("name", .text), ("flag", .bool), ("moment", .timestamptz), ("local", .timestamp),
            ("day", .date), ("hour", .time), ("bytes", .bytea), ("token", .uuid),
        ],
        "w": [("flag", .text)],
    ]

    private func typed(_ sql: String) throws -> String {
        let statement = try QueryText.single(sql, parameterTypes: [])
        guard let literals = statement.literals else { return statement.sql }
        let typer = ExpressionTyper(scope: StatementScope(literals.items)) { table in
            Self.tables[table].map { Dictionary(uniqueKeysWithValues: $0) }
        }
        let types = ParameterTyper(typer) { table in Self.tables[table].map { $0.map(\.0) } }.types
        return try statement.typed(by: types).text
    }

    @Test(arguments: [
        ("INSERT INTO t (id, flag) VALUES (1, 't'), (2, 'False')", "INSERT INTO t (id, flag) VALUES (1, 1), (2, 0)"),
        (
            #"INSERT INTO t VALUES (1, 't', ' yes ', '2024-01-01 12:30:00+02', '2024-01-01', '2024-01-01', '09:05', '\xDEad')"#,
            "INSERT INTO t VALUES (1, 't', 1, '2024-01-01 10:30:00', '2024-01-01 00:00:00', '2024-01-01', '09:05:00', X'dead')"
        ),
        (
            "INSERT INTO t (name) VALUES ('now()') ON CONFLICT (id) DO UPDATE SET flag = 'off'",
            "INSERT INTO t (name) VALUES ('now()') ON CONFLICT (id) DO UPDATE SET flag = 0"
        ),
        (
            "UPDATE t SET flag = 'f', name = 'f' WHERE moment > '2024-01-01T12:00:00Z'",
            "UPDATE t SET flag = 0, name = 'f' WHERE moment > '2024-01-01 12:00:00'"
        ),
        (
            "SELECT 1 FROM t x WHERE 'on' = x.flag AND NOT x.\"flag\" <> 'n'",
            "SELECT 1 FROM t x WHERE 1 = x.flag AND NOT x.\"flag\" <> 0"
        ),
        (
            "DELETE FROM t WHERE moment NOT BETWEEN '2024-01-01 00:00+00' AND '2024-01-02 01:00+01'",
            "DELETE FROM t WHERE moment NOT BETWEEN '2024-01-01 00:00:00' AND '2024-01-02 00:00:00'"
        ),
        (
            "SELECT * FROM t WHERE flag IN ('t', 'maybe', '0') OR day = '2024-03-01'",
            "SELECT * FROM t WHERE flag IN (1, 'maybe', 0) OR day = '2024-03-01'"
        ),
        (
            "SELECT flag IS 't', flag IS NOT 't', t.flag IS DISTINCT FROM 't', flag IS NOT DISTINCT FROM 't' FROM t",
            "SELECT flag IS 1, flag IS NOT 1, t.flag IS DISTINCT FROM 1, flag IS NOT DISTINCT FROM 1 FROM t"
        ),
        (
            "INSERT INTO t (id, flag, name) SELECT 1, 't', 't' WHERE NOT EXISTS (SELECT 1 FROM t WHERE flag = 't')",
            "INSERT INTO t (id, flag, name) SELECT 1, 1, 't' WHERE NOT EXISTS (SELECT 1 FROM t WHERE flag = 1)"
        ),
        (
            "SELECT * FROM t WHERE token = '{550E8400-E29B-41D4-A716-446655440000}'",
            "SELECT * FROM t WHERE token = '550e8400-e29b-41d4-a716-446655440000'"
        ),
        (
            "SELECT CASE flag WHEN 't' THEN 't' ELSE 'f' END FROM t",
            "SELECT CASE flag WHEN 1 THEN 't' ELSE 'f' END FROM t"
        ),
        (
            "SELECT * FROM t WHERE (flag, t.moment) IN (('on', '2024-01-01 00:00+00'), (true, '2024-01-01 01:00+01'))",
            "SELECT * FROM t WHERE (flag, t.moment) IN ((1, '2024-01-01 00:00:00'), (true, '2024-01-01 00:00:00'))"
        ),
        ("UPDATE t SET (name, flag) = ('t', 't')", "UPDATE t SET (name, flag) = ('t', 1)"),
        (
            "SELECT CASE pg_catalog.pg_is_in_recovery() WHEN 't' THEN 't' END, (pg_is_in_recovery()) = 't'",
            "SELECT CASE CAST(tandem_session('recovery') AS INTEGER) WHEN 1 THEN 't' END, (CAST(tandem_session('recovery') AS INTEGER)) = 1"
        ),
        (
            "SELECT (SELECT flag FROM t LIMIT 1) = 't', 'f' = (SELECT flag FROM t), (id > 1) = 't' FROM t",
            "SELECT (SELECT flag FROM t LIMIT 1) = 1, 0 = (SELECT flag FROM t), (id > 1) = 1 FROM t"
        ),
        (
            "SELECT pg_lsn('0/1') < '0/a', '1/ABCdef' = lsn FROM t",
            "SELECT tandem_lsn('0/1') < '0/0000000A', '1/ABCdef' = lsn FROM t"
        ),
        (
            "SELECT now(), max(moment) > '2024-01-01 00:00:00-01' FROM t",
            "SELECT tandem_now(6), max(moment) > '2024-01-01 01:00:00' FROM t"
        ),
    ])
    func aStringIsAValueOfTheTypeOfWhatItStandsBeside(_ sql: String, _ expected: String) throws {
        #expect(try typed(sql) == expected)
    }

    @Test(arguments: [
        (
            "CREATE TABLE n (a BOOLEAN NOT NULL CHECK (a IN ('t', 'f')), c TEXT CHECK (c <> 'f'), CHECK (a = 't'))",
            "CREATE TABLE n (a BOOLEAN NOT NULL CHECK (a IN (1, 0)), c TEXT CHECK (c <> 'f'), CHECK (a = 1))"
        ),
        (
            "CREATE TABLE IF NOT EXISTS n (a TIMESTAMP (3) CHECK (a > '2024-01-01T00:00'), b INT AS (a < '2030-01-01'))",
            "CREATE TABLE IF NOT EXISTS n (a TIMESTAMP (3) CHECK (a > '2024-01-01 00:00:00'), b INT AS (a < '2030-01-01 00:00:00'))"
        ),
        (
            "ALTER TABLE t ADD COLUMN n BOOL CHECK (n <> 'on' OR flag = 'on' OR name = 'on')",
            "ALTER TABLE t ADD COLUMN n BOOL CHECK (n <> 1 OR flag = 1 OR name = 'on')"
        ),
        (
            "CREATE UNIQUE INDEX i ON t (id) WHERE flag = 't' AND name <> 't'",
            "CREATE UNIQUE INDEX i ON t (id) WHERE flag = 1 AND name <> 't'"
        ),
        (
            "CREATE TRIGGER g AFTER UPDATE OF flag ON t WHEN NEW.flag = 't' AND OLD.name = 't' BEGIN SELECT 1; END",
            "CREATE TRIGGER g AFTER UPDATE OF flag ON t WHEN NEW.flag = 1 AND OLD.name = 't' BEGIN SELECT 1; END"
        ),
        (
            "CREATE TRIGGER g AFTER INSERT ON w WHEN NEW.flag = 't' BEGIN INSERT INTO t (flag) VALUES ('t'); END",
            "CREATE TRIGGER g AFTER INSERT ON w WHEN NEW.flag = 't' BEGIN INSERT INTO t (flag) VALUES (1); END"
        ),
    ])
    func aStringInADefinitionIsAValueOfItsColumnsType(_ sql: String, _ expected: String) throws {
        #expect(try typed(sql) == expected)
    }

    @Test(arguments: [
        "SELECT * FROM t WHERE name = 't' OR name IN ('2024-01-01', 'on')", "SELECT 't', '2024-01-01' FROM t",
        "SELECT * FROM t WHERE name || moment = '2024-01-01Z'", "SELECT * FROM t WHERE flag || '' = 't'",
        "SELECT * FROM t WHERE flag = 't' || name", "SELECT * FROM t WHERE '2024-01-01Z' = moment || name",
        "SELECT coalesce(name, 't') FROM t WHERE moment LIKE '2024-01-%'", "SELECT * FROM u WHERE flag = 't'",
        "SELECT * FROM t WHERE substr(moment, 1, 10) = '2024-01-01'", "INSERT INTO t (flag) SELECT name || 't'",
        "INSERT INTO t (bytes) VALUES ('on'), ('1'), ('2024-01-01')", "SELECT 1 FROM t WHERE bytes = 'on'",
        "INSERT INTO t (day, moment) VALUES ('2024-1-5', '2024-01-05 12:00 UTC')",
        #"INSERT INTO t (bytes) VALUES ('C:\dir')"#,
        "SELECT CASE name WHEN 't' THEN 1 END, CASE WHEN name = 't' THEN 't' END, CASE flag WHEN id THEN 't' END FROM t",
        "SELECT coalesce(flag, 't') FROM t WHERE (flag || '', name) = ('t', 't') OR (name, flag) < ('t', 'maybe')",
        "UPDATE t SET flag = CAST('t' AS TEXT)", "INSERT INTO t (flag, bytes, day) VALUES ('maybe', 'abc', 'today')",
    ])
    func allOthersStayAsTheyAre(_ sql: String) throws {
        #expect(try typed(sql) == QueryText.single(sql, parameterTypes: []).sql)
    }

    @Test(arguments: [
        ("INSERT INTO t (flag) VALUES ('2024-01-01')", SQLState.invalidTextRepresentation, 30),
        (#"UPDATE t SET bytes = '\xa'"#, .invalidTextRepresentation, 22),
        ("SELECT 'ä' FROM t WHERE flag = '2024-12-24'", .invalidTextRepresentation, 32),
        ("CREATE TABLE x (a BOOLEAN DEFAULT '2024-01-01')", .invalidTextRepresentation, 35),
    ])
    func whatAParameterCouldNotBeIsRefusedInItsPlace(_ sql: String, _ code: SQLState, _ position: Int) {
        let error = #expect(throws: PostgresError.self) { try typed(sql) }
        #expect(error?.code == code)
        #expect(error?.position == position)
    }

    @Test(arguments: [
        (
            "CREATE TABLE x (a BOOLEAN NOT NULL DEFAULT 'f', b TEXT DEFAULT 'f')",
            "CREATE TABLE x (a BOOLEAN NOT NULL DEFAULT 0, b TEXT DEFAULT 'f')"
        ),
        (
            "CREATE TABLE x (a TIMESTAMP(3) WITH TIME ZONE DEFAULT '2024-01-01 00:00:00+01')",
            "CREATE TABLE x (a TIMESTAMPTZ DEFAULT '2023-12-31 23:00:00')"
        ),
        (
            #"ALTER TABLE x ADD COLUMN c BYTEA DEFAULT E'\\xdead'::bytea"#,
            "ALTER TABLE x ADD COLUMN c BYTEA DEFAULT X'dead'"
        ),
        ("CREATE TABLE x (a BLOB DEFAULT 'on')", "CREATE TABLE x (a BLOB DEFAULT 'on')"),
        ("ALTER TABLE x ADD c BOOL DEFAULT 'yes' NOT NULL", "ALTER TABLE x ADD c BOOL DEFAULT 1 NOT NULL"),
    ])
    func aDefaultIsAValueOfItsColumnsType(_ sql: String, _ expected: String) throws {
        #expect(try typed(sql) == expected)
    }

    /// Errors of SQLite are told by their bytes.
    @Test func placesBehindAValueAreFoundInTheStatement() throws {
        let sql = "UPDATE t SET flag = 'false', missing = 1"
        let statement = try QueryText.single(sql, parameterTypes: [])
        let typed = try statement.typed(by: [PlainLiterals.firstNumber: .bool])
        #expect(typed.text == "UPDATE t SET flag = 0, missing = 1")
        #expect(typed.sourceOffset(of: 23) == 29)
    }

    @Test func statementsWithNamesAndWordsAreNotLookedAt() throws {
        for sql in ["SELECT * FROM t WHERE name = 'Anna'", "SELECT 1", "INSERT INTO t (name) VALUES ('one', 'two 3')"] {
            #expect(try QueryText.single(sql, parameterTypes: []).literals == nil)
        }
    }
}
