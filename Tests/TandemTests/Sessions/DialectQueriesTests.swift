import PostgresWire
import Testing

@testable import Tandem

/// Statements as clients' query builders write them.
@Suite struct DialectQueriesTests {
    /// Without the space that moved words leave behind.
    private func translate(_ sql: String) throws -> String {
        try QueryText.single(sql, parameterTypes: []).sql.split(separator: " ").joined(separator: " ")
            .replacing("( ", with: "(")
    }

    @Test(arguments: [
        (
            "(SELECT a FROM t) UNION ALL (SELECT b FROM u) ORDER BY 1 LIMIT 3",
            "SELECT * FROM (SELECT a FROM t) UNION ALL SELECT * FROM (SELECT b FROM u) ORDER BY 1 LIMIT 3"
        ),
        (
            "SELECT a FROM t UNION (SELECT b FROM u LIMIT 1)",
            "SELECT a FROM t UNION SELECT * FROM (SELECT b FROM u LIMIT 1)"
        ),
        ("((SELECT 1))", "SELECT * FROM (SELECT 1)"),
        (
            "SELECT n FROM ((SELECT 1 AS n) EXCEPT (SELECT 2)) AS x",
            "SELECT n FROM (SELECT * FROM (SELECT 1 AS n) EXCEPT SELECT * FROM (SELECT 2)) AS x"
        ),
        ("INSERT INTO t (a) (SELECT 1)", "INSERT INTO t (a) SELECT * FROM (SELECT 1)"),
        ("INSERT INTO t (SELECT 1) RETURNING a", "INSERT INTO t SELECT * FROM (SELECT 1) RETURNING a"),
        ("SELECT (SELECT 1) + 1 UNION SELECT (2)", "SELECT (SELECT 1) + 1 UNION SELECT (2)"),
    ])
    func parenthesizedQueriesStandWhereASelectHasTo(_ sql: String, _ translated: String) throws {
        #expect(try translate(sql) == translated)
    }

    @Test(arguments: [
        ("INSERT INTO t (id, a) VALUES (DEFAULT, 'x') RETURNING id", "INSERT INTO t (a) VALUES ('x') RETURNING id"),
        (
            "INSERT INTO t (a, id, b) VALUES ($1, DEFAULT, $2), ($3, DEFAULT, $4)",
            "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)"
        ),
        ("INSERT INTO t (id) VALUES (DEFAULT) RETURNING id", "INSERT INTO t DEFAULT VALUES RETURNING id"),
        ("INSERT INTO t DEFAULT VALUES", "INSERT INTO t DEFAULT VALUES"),
        (
            "INSERT INTO t (id, a) OVERRIDING SYSTEM VALUE VALUES (7, DEFAULT) RETURNING id",
            "INSERT INTO t (id) VALUES (7) RETURNING id"
        ),
        ("INSERT INTO t OVERRIDING SYSTEM VALUE SELECT 1, 'x'", "INSERT INTO t SELECT 1, 'x'"),
    ])
    func columnsThatTakeTheirDefaultAreLeftOut(_ sql: String, _ translated: String) throws {
        #expect(try translate(sql) == translated)
    }

    @Test(arguments: [
        "INSERT INTO t VALUES (DEFAULT, 1)", "INSERT INTO t (a, b) VALUES (DEFAULT, 1), (2, 3)",
        "INSERT INTO t (a) VALUES (DEFAULT), (DEFAULT)",
    ])
    func defaultsThatCannotBeLeftOutAreRefused(_ sql: String) {
        #expect {
            try translate(sql)
        } throws: { error in
            (error as? PostgresError)?.code == .featureNotSupported
        }
    }

    @Test(arguments: [
        ("CREATE TABLE t (a INT DEFAULT 3 + 5 NOT NULL)", "CREATE TABLE t (a INT DEFAULT (3 + 5) NOT NULL)"),
        ("CREATE TABLE t (a TEXT DEFAULT 'a' || 'b')", "CREATE TABLE t (a TEXT DEFAULT ('a' || 'b'))"),
        ("CREATE TABLE t (a INT DEFAULT -1, b INT)", "CREATE TABLE t (a INT DEFAULT -1, b INT)"),
        ("CREATE TABLE t (a INT DEFAULT (3+5))", "CREATE TABLE t (a INT DEFAULT (3+5))"),
    ])
    func computedDefaultsGetParentheses(_ sql: String, _ translated: String) throws {
        #expect(try translate(sql) == translated)
    }

    @Test(arguments: [
        ("SELECT 15 / CAST(10 AS NUMERIC)", "SELECT 15 * 1.0 / CAST(10 AS NUMERIC)"),
        ("SELECT a::numeric(10, 2) / b FROM t", "SELECT CAST(a AS NUMERIC) * 1.0 / b FROM t"),
        ("SELECT a / b.c::numeric FROM t", "SELECT a * 1.0 / CAST(b.c AS NUMERIC) FROM t"),
        ("SELECT a / (b + 1)::decimal FROM t", "SELECT a * 1.0 / CAST((b + 1) AS NUMERIC) FROM t"),
        ("SELECT a / b, c::numeric FROM t", "SELECT a / b, CAST(c AS NUMERIC) FROM t"),
    ])
    func numericsAreNotDividedAsIntegers(_ sql: String, _ translated: String) throws {
        #expect(try translate(sql) == translated)
    }

    @Test(arguments: [
        (
            "DELETE FROM t a USING t b WHERE a.x = b.y",
            "DELETE FROM t AS a WHERE EXISTS (SELECT 1 FROM t b WHERE a.x = b.y)"
        ),
        (
            "DELETE FROM t AS a USING u WHERE a.x = u.y RETURNING a.x",
            "DELETE FROM t AS a WHERE EXISTS (SELECT 1 FROM u WHERE a.x = u.y) RETURNING x"
        ),
        ("DELETE FROM public.t \"A\" USING u", "DELETE FROM t AS \"A\" WHERE EXISTS (SELECT 1 FROM u)"),
        ("DELETE FROM main.t USING u", "DELETE FROM main.t WHERE EXISTS (SELECT 1 FROM u)"),
        (
            "DELETE FROM ONLY t a USING ONLY u WHERE a.x = u.y",
            "DELETE FROM t AS a WHERE EXISTS (SELECT 1 FROM u WHERE a.x = u.y)"
        ),
        ("DELETE FROM t a", "DELETE FROM t AS a"), ("delete from only t a;", "delete from t AS a"),
        ("DELETE FROM main.t \"where\" WHERE x RETURNING x", "DELETE FROM main.t AS \"where\" WHERE x RETURNING x"),
        ("UPDATE t a SET b = a.c WHERE a.d", "UPDATE t AS a SET b = a.c WHERE a.d"),
        ("UPDATE ONLY public.t \"A\" SET b = 1", "UPDATE t AS \"A\" SET b = 1"),
        (
            "WITH w AS (SELECT 1 AS n) UPDATE t x SET b = n FROM w",
            "WITH w AS (SELECT 1 AS n) UPDATE t AS x SET b = n FROM w"
        ),
    ])
    func theTableOfAChangeIsNamedAsSQLiteWantsIt(_ sql: String, _ translated: String) throws {
        #expect(try translate(sql) == translated)
    }

    @Test(arguments: [
        ("SELECT * FROM ONLY t, ONLY u AS x JOIN ONLY (v) ON a", "SELECT * FROM t, u AS x JOIN (v) ON a"),
        ("UPDATE ONLY t SET only = 1", "UPDATE t SET only = 1"), ("DELETE FROM ONLY t", "DELETE FROM t"),
        ("SELECT * FROM (SELECT a FROM ONLY t) AS x", "SELECT * FROM (SELECT a FROM t) AS x"),
        ("CREATE VIEW v AS SELECT a FROM ONLY t", "CREATE VIEW v AS SELECT a FROM t"),
        ("SELECT only FROM only WHERE only.only", "SELECT only FROM only WHERE only.only"),
        ("SELECT * FROM t JOIN u ON (only IS NULL AND only)", "SELECT * FROM t JOIN u ON (only IS NULL AND only)"),
        ("UPDATE only SET only = 1", "UPDATE only SET only = 1"), ("DELETE FROM only", "DELETE FROM only"),
    ])
    func onlyIsLeftOutWhereItIsNoName(_ sql: String, _ translated: String) throws {
        #expect(try translate(sql) == translated)
    }

    /// They deleted every row.
    @Test(arguments: [
        "DELETE FROM t USING t WHERE t.id = 1", "DELETE FROM t a USING u a WHERE a.id = 1",
        "DELETE FROM main.t USING b JOIN \"T\" ON t.id = b.id WHERE t.id = 1",
        "DELETE FROM t USING b LEFT JOIN u AS t USING (id)", "DELETE FROM t USING (SELECT 1 AS id) t WHERE t.id = 1",
    ])
    func oneNameOfTwoTablesIsRefusedInADeletion(_ sql: String) {
        let error = #expect(throws: PostgresError.self) { try translate(sql) }
        #expect(error?.code == .duplicateAlias)
    }

    @Test(arguments: [
        ("SELECT substring(a FROM 2)", "SELECT substr(a, 2)"),
        ("SELECT substring(a FROM b)", "SELECT substr(a, max(b, 1))"),
        ("SELECT substring(a FOR 2)", "SELECT tandem_substring(a, 1, 2)"),
        ("SELECT substring(a FROM 2 FOR 3)", "SELECT tandem_substring(a, 2, 3)"),
        ("SELECT substring(a FOR 3 FROM 2)", "SELECT tandem_substring(a, 2, 3)"),
    ])
    func aPartOfATextIsCutOutAsPostgreSQLDoes(_ sql: String, _ expected: String) throws {
        #expect(try translate(sql).replacing(" )", with: ")") == expected)
    }

    @Test(arguments: [
        (
            "INSERT INTO t SELECT a FROM s x ON CONFLICT (a) DO UPDATE SET a = 1",
            "INSERT INTO t SELECT a FROM s x WHERE true ON CONFLICT (a) DO UPDATE SET a = 1"
        ),
        (
            "INSERT INTO t (a) SELECT a FROM s JOIN u ON u.a = s.a ON CONFLICT DO NOTHING",
            "INSERT INTO t (a) SELECT a FROM s JOIN u ON u.a = s.a WHERE true ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO t SELECT 1 UNION SELECT a FROM s ON CONFLICT DO NOTHING",
            "INSERT INTO t SELECT 1 UNION SELECT a FROM s WHERE true ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO t (SELECT a FROM s) ON CONFLICT DO NOTHING",
            "INSERT INTO t SELECT * FROM (SELECT a FROM s) WHERE true ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO t SELECT unnest('{1,2}'::int[]) ON CONFLICT DO NOTHING",
            "INSERT INTO t SELECT tandem_rows_1.value FROM json_each(tandem_array(tandem_number_array('{1,2}'))) AS tandem_rows_1 WHERE true ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO t SELECT a FROM s WHERE a ON CONFLICT DO NOTHING",
            "INSERT INTO t SELECT a FROM s WHERE a ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO t SELECT a FROM s GROUP BY a ON CONFLICT DO NOTHING",
            "INSERT INTO t SELECT a FROM s GROUP BY a ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO t VALUES ((SELECT a FROM s)) ON CONFLICT DO NOTHING",
            "INSERT INTO t VALUES ((SELECT a FROM s)) ON CONFLICT DO NOTHING"
        ),
        (
            "SELECT a FROM t JOIN conflict ON conflict.id = t.id WHERE a",
            "SELECT a FROM t JOIN conflict ON conflict.id = t.id WHERE a"
        ),
        (
            "INSERT INTO t SELECT a FROM s JOIN u ON conflict = 1 ON CONFLICT DO NOTHING",
            "INSERT INTO t SELECT a FROM s JOIN u ON conflict = 1 WHERE true ON CONFLICT DO NOTHING"
        ),
    ])
    func whatIsInsertedEndsBeforeOnConflict(_ sql: String, _ translated: String) throws {
        #expect(try translate(sql) == translated)
    }

    @Test(arguments: [
        ("SELECT j ->> 'a', j -> 'a' ->> 0", "SELECT tandem_json_text(j, 'a'), tandem_json_text((j -> 'a'), 0)"),
        (
            "SELECT j ->> 'n' || 'x', upper(j->>'a')",
            "SELECT tandem_json_text(j, 'n') || 'x', upper(tandem_json_text(j, 'a'))"
        ),
        ("SELECT 1 FROM t WHERE j->>'n' = '5'", "SELECT 1 FROM t WHERE tandem_json_text(j, 'n') = '5'"),
        (
            "SELECT 1 FROM t WHERE t.j->>'n' = $1 AND b",
            "SELECT 1 FROM t WHERE (t.j ->> 'n' IN ($1, tandem_json_scalar($1)) AND tandem_json_text(t.j, 'n') = CAST($1 AS TEXT)) AND b"
        ),
        ("SELECT (j->>'n') IN ('5', $1)", "SELECT (tandem_json_text(j, 'n')) IN ('5', $1)"),
        ("SELECT j->>'n' LIKE '5%'", "SELECT tandem_json_text(j, 'n') LIKE '5%'"),
        ("SELECT (j->>'n')::int > 3", "SELECT CAST((tandem_json_text(j, 'n')) AS INTEGER) > 3"),
        (
            "SELECT j->>'n' = $1::varchar AND b",
            "SELECT (j ->> 'n' IN ($1, tandem_json_scalar($1)) AND tandem_json_text(j, 'n') = CAST($1 AS TEXT)) AND b"
        ),
        ("SELECT j->>'n' = $1::int", "SELECT tandem_json_text(j, 'n') = CAST($1 AS INTEGER)"),
        // To SQLite these are paths.
        ("SELECT j->>'a.b' = $1, j->>$2 = $1", "SELECT tandem_json_text(j, 'a.b') = $1, tandem_json_text(j, $2) = $1"),
        (
            "SELECT j->>'a.b' = 'x', j->>'1' IS NULL",
            "SELECT tandem_json_text(j, 'a.b') = 'x', tandem_json_text(j, '1') IS NULL"
        ),
        ("SELECT j->>'n' NOT IN ('a', '5')", "SELECT tandem_json_text(j, 'n') NOT IN ('a', '5')"),
        ("SELECT j->>? = ?", "SELECT tandem_json_text(j, ?) = ?"),
        ("SELECT a FROM t ORDER BY j->>'n' LIMIT 1", "SELECT a FROM t ORDER BY tandem_json_text(j, 'n') LIMIT 1"),
        ("SELECT j->>'a' = 'true'", "SELECT tandem_json_text(j, 'a') = 'true'"),
        ("SELECT max(j->>'a') = 'x'", "SELECT max(tandem_json_text(j, 'a')) = 'x'"),
    ])
    func whatAnArrowLeadsToIsAText(_ sql: String, _ expected: String) throws {
        #expect(try translate(sql).replacing(" )", with: ")") == expected)
    }

    /// What PostgreSQL refuses; where other programs read it; and where SQLite's own gives the same.
    @Test(arguments: [
        "SELECT (j ->> 'n') > 3, j ->> 'n' = -1, 2 < (j ->> 'n'), max(j ->> 'n') > 5 FROM t",
        "SELECT (j ->> 'n') + 1, j ->> 'n' BETWEEN 1 AND 2, j ->> 'n' NOT IN (1, 2), j ->> 'b' IS NOT TRUE FROM t",
        "SELECT a FROM t WHERE j ->> 'done' AND NOT j ->> 'b' OR j ->> 'b' = true", "SELECT j ->> '$.a[0]' FROM t",
        "SELECT a FROM t WHERE j ->> 'name' = 'x' AND (j ->> 'name') = 'y' AND 'x' = j ->> 'name'",
        "SELECT a FROM t WHERE j ->> 'name' IN ('x', 'y') AND j ->> 'name' NOT IN ('x') AND j ->> 'name' <> 'x'",
        "SELECT a FROM t WHERE j ->> 'a' IS NULL AND (j ->> 'a') IS NOT NULL OR j ->> 'a' NOTNULL",
        "INSERT INTO t (j) VALUES ('{}') ON CONFLICT ((j ->> 'a')) WHERE j ->> 'b' > 'c' DO UPDATE SET a = 1",
        "CREATE INDEX i ON t (j ->> 'a')", "CREATE VIEW v AS SELECT j ->> 'a' FROM t",
        "CREATE TABLE t (j JSON, a TEXT AS (j ->> 'a'))",
    ])
    func whereAValueStandsOrAnIndexIsTheArrowIsSQLites(_ sql: String) throws { #expect(try translate(sql) == sql) }

    @Test(arguments: [
        ("string_agg(a, ',' ORDER BY b DESC, lower(c))", "tandem_ordered(a, ',', b, 1, lower(c), 0)"),
        ("array_agg(a ORDER BY b NULLS FIRST, c DESC NULLS LAST)", "tandem_ordered(a, NULL, b, 2, c, 5)"),
        ("json_agg(a ORDER BY f(b, c) ASC)", "tandem_ordered(a, NULL, f(b, c), 0)"),
    ])
    func whatIsGatheredIsSortedByAllKeys(_ call: String, _ expected: String) throws {
        #expect(try translate("SELECT \(call) FROM t") == "SELECT \(expected) FROM t")
    }

    @Test(arguments: [
        ("TABLE t", "SELECT * FROM t"), ("TABLE public.t ORDER BY a LIMIT 2", "SELECT * FROM t ORDER BY a LIMIT 2"),
        (
            "CREATE INDEX i ON t USING btree (a varchar_pattern_ops, lower(b) text_pattern_ops DESC, my_ops) WHERE a",
            "CREATE INDEX i ON t (a, lower(b) DESC, my_ops) WHERE a"
        ),
        ("CREATE INDEX i ON t (a, b DESC) WHERE c", "CREATE INDEX i ON t (a, b DESC) WHERE c"),
        (
            "CREATE INDEX i ON t (cpu_ops + disk_ops, a COLLATE my_ops, NOT b_ops DESC, \"a\" COLLATE \"C\" text_ops)",
            "CREATE INDEX i ON t (cpu_ops + disk_ops, a COLLATE my_ops, NOT b_ops DESC, \"a\")"
        ),
        ("SELECT localtime, json_typeof(j)", "SELECT substr(tandem_now(6), 12), tandem_json_type(j)"),
        ("SELECT localtime FROM t", "SELECT localtime FROM t"),
        ("INSERT INTO t (localtime) VALUES (now())", "INSERT INTO t (localtime) VALUES (tandem_now(6))"),
        ("CREATE TABLE t (localtime TEXT)", "CREATE TABLE t (localtime TEXT)"),
        ("SELECT stddev(a), var_pop(DISTINCT a)", "SELECT tandem_stddev_samp(a), tandem_var_pop(DISTINCT a)"),
    ])
    func otherWordsOfPostgreSQLAreSQLites(_ sql: String, _ expected: String) throws {
        #expect(try translate(sql) == expected)
    }
}
