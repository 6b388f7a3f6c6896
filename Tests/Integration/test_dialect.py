"""PostgreSQL's words that clients take for granted, over the wire, and what is replicated of them."""

import datetime
import uuid

import psycopg
import pytest
from psycopg.types.json import Json, Jsonb

from test_clients import psql


def with_table(pair):
    with pair.primary.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS t; CREATE TABLE t (id SERIAL PRIMARY KEY, a TEXT, b INT)")
        connection.execute("INSERT INTO t (a, b) VALUES ('one', 1), ('two', 2), ('Three', 3)")
    pair.wait_level()
    return pair


@pytest.fixture
def table(shared_pair):
    return with_table(shared_pair)


@pytest.fixture
def own_table(pair):
    return with_table(pair)


@pytest.mark.parametrize("sql, answer", [
    ("SELECT '7'::int + 1, 5::text || 'a', '1.50'::numeric, 't'::bool, count(*)::int FROM t", (8, "5a", 1.5, True, 3)),
    ("SELECT current_user, session_user, current_schema, current_schema(), current_database()",
     ("test", "test", "public", "public", "test")),
    ("SELECT now()::date = date('now'), now() > '2026-01-01', extract(year from '2026-03-04'::date)", (1, 1, 2026)),
    ("SELECT a FROM t WHERE a ILIKE 'THR%'", ("Three",)), ("SELECT id FROM t WHERE a ~ '^t.o$'", (2,)),
    ("SELECT count(*) FROM t WHERE a !~* '^T'", (1,)), ("SELECT id FROM t WHERE b = ANY ('{3,7}')", (3,)),
    ("SELECT id FROM t WHERE b > 1 AND (b)::int < 4 AND a ILIKE ('t%') ORDER BY (id)::text DESC", (3,)),
    ("SELECT count(*) FROM t WHERE b <> ALL (ARRAY[1, 2])", (1,)), ("SELECT 5 = ANY ('{1,5}'::int[])", (1,)),
    ("SELECT id FROM t ORDER BY id OFFSET 1 ROW FETCH FIRST 1 ROW ONLY FOR UPDATE", (2,)),
    ("SELECT position('w' in a), substring(a from 2 for 2), trim(both 't' from a) FROM t WHERE id = 2", (2, "wo", "wo")),
    ("SELECT string_agg(a, '-' ORDER BY id DESC) FROM t", ("Three-two-one",)), ("SELECT array_agg(id ORDER BY b DESC) FROM t", ([3, 2, 1],)),
    ("SELECT sum(n) FROM generate_series(1, 4) AS s(n)", (10,)), ("SELECT greatest(1, 3, 2), least(4, 2), left('abc', 2)", (3, 2, "ab")),
    ("SELECT E'a\\tb\\\\', 'now()::int' FROM public.t WHERE public.t.id = 1", ("a\tb\\", "now()::int")),
    ("SELECT pg_backend_pid() > 0, pg_is_in_recovery() FROM t LIMIT 1", (1, False)),
])
def test_expressions_mean_what_they_mean_to_postgresql(table, sql, answer):
    with table.primary.connect() as connection:
        row = connection.execute(sql).fetchone()
        assert tuple(float(value) if isinstance(answer[place], float) else value for place, value in enumerate(row)) == answer


def test_returning_knows_the_table_by_its_alias(own_table):
    with own_table.primary.connect() as connection:
        cursor = connection.execute("UPDATE t AS x SET b = x.b + 10 WHERE x.id = 1 RETURNING x.b, x.a, x.b > 5")
        assert cursor.fetchall() == [(11, "one", 1)] and [column.name for column in cursor.description][:2] == ["b", "a"]
        assert connection.execute("UPDATE t x SET b = 12 FROM t y WHERE y.id = x.id AND x.id = 2 RETURNING x.*").fetchall() == [(2, "two", 12)]
        sql = "INSERT INTO t AS x (id, a) VALUES (%s, 'new') ON CONFLICT (id) DO UPDATE SET a = x.a || excluded.a RETURNING x.id, x.a"
        assert [connection.execute(sql, (id,)).fetchall() for id in (1, 9)] == [[(1, "onenew")], [(9, "new")]]
        assert connection.execute("DELETE FROM t x USING t y WHERE y.id = x.id AND y.id = 9 RETURNING x.id").fetchall() == [(9,)]
    own_table.assert_identical()


def test_documents_are_merged_and_stay_documents(own_table):
    with own_table.primary.connect() as connection:
        connection.execute("CREATE TABLE d (id INT PRIMARY KEY, j JSONB, k JSON, b BOOLEAN, a TEXT)")
        connection.execute("""INSERT INTO d VALUES (1, '{"a":1}', '[1]', true, 'x'), (2, NULL, NULL, NULL, NULL)""")
        assert connection.execute("""UPDATE d SET j = j || '{"c":3}' RETURNING j""").fetchall() == [({"a": 1, "c": 3},), (None,)]
        connection.execute("UPDATE d SET j = j || %s, k = %s || k WHERE id = %s", (Jsonb({"d": True}), Json(0), 1))
        cursor = connection.execute("SELECT j, k, j || k, j || NULL, k || '2', a || j FROM d WHERE id = 1")
        document = {"a": 1, "c": 3, "d": True}
        assert cursor.fetchone() == (document, [0, 1], [document, 0, 1], None, "[0,1]2", 'x{"a":1,"c":3,"d":true}')
        assert [column.type_code for column in cursor.description] == [3802, 114, 3802, 3802, 25, 25]
        sql = "INSERT INTO d (id, j) VALUES (1, %s) ON CONFLICT (id) DO UPDATE SET j = d.j || excluded.j RETURNING j"
        assert connection.execute(sql, (Jsonb({"a": [2]}),)).fetchone() == ({"a": [2], "c": 3, "d": True},)
        # PostgreSQL's json has no operator of its own.
        sql = "SELECT 'is: ' || k, json_object('a', id) || ',', 'data: ' || json_build_object('a', id) FROM d WHERE id = 1"
        assert connection.execute(sql).fetchone() == ("is: [0,1]", '{"a":1},', 'data: {"a":1}')
        sql = "SELECT json_agg(b), json_build_array(count(*) > 1, count(*)) FROM d"
        assert connection.execute(sql).fetchone() == ([True, None], [True, 2])
        # A statement that is kept sees that a column has become another one.
        connection.execute("CREATE TABLE e (v TEXT); INSERT INTO e VALUES ('[1]')")
        connection.execute("PREPARE joined AS UPDATE e SET v = v || '[2]'")
        connection.execute("EXECUTE joined")
        assert connection.execute("SELECT v FROM e").fetchone() == ("[1][2]",)
        connection.execute("DROP TABLE e; CREATE TABLE e (v JSONB); INSERT INTO e VALUES ('[1]')")
        connection.execute("EXECUTE joined")
        assert connection.execute("SELECT v FROM e").fetchone() == ([1, 2],)
    own_table.assert_identical()


def test_operators_of_documents_and_dates_know_the_columns_they_are_of(own_table):
    with own_table.primary.connect() as connection:
        connection.execute("CREATE TABLE d (id INT PRIMARY KEY, j JSONB, k JSON, n INT, a TIMESTAMP, b TIMESTAMP, day DATE)")
        connection.execute("""INSERT INTO d VALUES (1, '{"a":{"x":[1,2,3]},"b":true,"c":5}', '["p","q"]', 7,
                              '2024-01-01 10:00', '2024-01-03 09:30', '2024-02-29')""")
        assert connection.execute("UPDATE d SET j = j - 'b' RETURNING j").fetchone() == ({"a": {"x": [1, 2, 3]}, "c": 5},)
        sql = "SELECT j - %s, k - 'p', k - -1, j #- '{a,x,0}', j - ARRAY['a','c'], n - 1, j['a']['x'][1], j->'a'->'x'->-1 FROM d"
        cursor = connection.execute(sql, ("c",))
        assert cursor.fetchone() == ({"a": {"x": [1, 2, 3]}}, ["q"], ["p"], {"a": {"x": [2, 3]}, "c": 5}, {}, 6, 2, 3)
        assert [column.type_code for column in cursor.description] == [3802, 114, 114, 3802, 3802, 20, 3802, 3802]
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="cannot delete from object using integer index"):
            connection.execute("SELECT j - 1 FROM d")
        with pytest.raises(psycopg.errors.DatatypeMismatch, match="cannot subscript type"):
            connection.execute("SELECT n['a'] FROM d")
        with pytest.raises(psycopg.errors.SyntaxError):
            connection.execute("SELECT j ['a'] FROM d")
        span = datetime.timedelta(days=1, hours=23, minutes=30)
        sql = "SELECT b - a, max(b) - min(a), date_part('day', b - a), day - 28, a - interval '1 hour' FROM d"
        assert connection.execute(sql, binary=True).fetchone() == (
            span, span, 1.0, datetime.date(2024, 2, 1), datetime.datetime(2024, 1, 1, 9))
        assert connection.execute("SELECT n FROM d WHERE b - a > '1 day' AND b - a < '2 days'").fetchall() == [(7,)]
    own_table.assert_identical()


def test_what_an_arrow_of_json_leads_to_is_a_text(own_table):
    with own_table.primary.connect() as connection:
        connection.execute("CREATE TABLE d (id INT PRIMARY KEY, j JSONB)")
        connection.execute("CREATE INDEX named ON d ((j ->> 'n'))")
        connection.execute("""INSERT INTO d VALUES (1, '{"n":5,"b":true,"o":{"a": 1}}'), (2, '{"n":"5","b":false}'),
                              (3, '{"n":1.50,"b":null}'), (4, '{"n":"x"}'), (5, '[7, "8"]')""")
        rows = connection.execute("SELECT j ->> 'n', j ->> 'b', j ->> 'o', j ->> 0 FROM d ORDER BY id").fetchall()
        assert rows == [("5", "true", '{"a": 1}', None), ("5", "false", None, None), ("1.50", None, None, None),
                        ("x", None, None, None), (None, None, None, "7")]

        def ids(condition, *values):
            return [row[0] for row in connection.execute(f"SELECT id FROM d WHERE {condition} ORDER BY id", values)]

        assert ids("j ->> 'n' = '5'") == ids("j ->> 'n' = %s", "5") == ids("(j ->> 'n') IN (%s, 'y')", "5") == [1, 2]
        assert ids("j ->> 'b' = %s", "true") == ids("j ->> 'b' = 'true'") == ids("j ->> 'b' LIKE 't%%'") == [1]
        assert ids("j ->> 'n' = %s", "1.50") == [3] and ids("j ->> 'n' = %s", "1.5") == []
        assert ids("j ->> 'n' = %s", "x") == ids("j ->> 'n' = 'x'") == [4]
        assert ids("(j ->> 'n')::float8 > 1.4") == [1, 2, 3] and ids("(j ->> 'n') < 3") == [3]
        conditions = ["= 'x'", "= %s", "= %s::varchar", "IN ('x', 'y')", "IS NULL"]
        plans = [connection.execute(f"EXPLAIN SELECT id FROM d WHERE j ->> 'n' {condition}",
                                    ("5",) if "%" in condition else (), prepare=True).fetchall()
                 for condition in conditions]
        assert all("named" in str(plan) for plan in plans), plans
        assert ids("j ->> 'n' = %s::text", "1.50") == [3] and ids("j ->> 'n' IN ('x', 'y')") == [4]
        assert ids("j ->> 'n' IS NULL") == [5] and ids("j ->> %s = '5'", "$.n") == [1, 2]
        # An index is named by the arrow, too, and a key may have a dot in it.
        connection.execute("CREATE UNIQUE INDEX keyed ON d ((j ->> 'key'))")
        for number in (6, 7):
            connection.execute("""INSERT INTO d VALUES (%s, json_build_object('key', 'a', 'x.y', %s::int))
                                  ON CONFLICT ((j ->> 'key')) DO UPDATE SET j = excluded.j""", (number, number))
        assert ids("j ->> 'x.y' = %s", "7") == ids("j ->> 'x.y' = '7'") == [6]


def test_a_uuid_is_one_text_however_it_is_spelt(own_table):
    with own_table.primary.connect() as connection:
        connection.execute("CREATE TABLE d (id UUID PRIMARY KEY, a TEXT)")
        digits = "12345678123456781234567812345678"
        connection.execute(f"INSERT INTO d VALUES ('{digits}'::uuid, 'A0EEBC999C0B4EF8BB6D6BB9BD380A11')")
        connection.execute("INSERT INTO d (id) VALUES (CAST(%s AS uuid))", ("{" + digits[::-1] + "}",))
        assert connection.execute(f"SELECT id, typeof(id) FROM d WHERE id = '{digits}'").fetchall() == [(uuid.UUID(digits), "text")]
        sql = "SELECT a::uuid, (SELECT count(*) FROM d WHERE id = %s::uuid) FROM d WHERE a IS NOT NULL"
        assert connection.execute(sql, (digits[::-1],)).fetchone() == (uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), 1)
        connection.execute("UPDATE d SET a = 'x'")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("SELECT a::uuid FROM d")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("SELECT '12'::uuid")
    own_table.assert_identical()


def test_what_is_gathered_is_sorted_by_all_keys(table):
    with table.primary.connect() as connection:
        rows = "(VALUES (1, 'x', 2), (2, 'y', 1), (3, 'x', 1), (4, NULL, 9)) AS v (n, a, b)"
        sql = f"""SELECT string_agg(n::text, ',' ORDER BY a DESC, b), array_agg(n::int ORDER BY a, b DESC),
                  json_agg(n ORDER BY a NULLS LAST, n DESC), string_agg(a, '' ORDER BY n) FROM {rows}"""
        assert connection.execute(sql).fetchone() == ("2,3,1,4", [4, 1, 3, 2], [3, 1, 2, 4], "xyx")


@pytest.mark.parametrize("binary", [False, True])
def test_arrays_are_told_in_both_formats(table, binary):
    with table.primary.connect() as connection:
        sql = """SELECT array_agg(n), array_agg(a), ARRAY[1, 2] || 3, array_agg(d)
                 FROM (SELECT 1 AS n, 'x' AS a, '2024-01-02'::date AS d UNION ALL SELECT 2, NULL, NULL)"""
        assert connection.execute(sql, binary=binary).fetchone() == (
            [1, 2], ["x", None], [1, 2, 3], [datetime.date(2024, 1, 2), None])


def test_functions_that_sqlite_has_not_are_answered(table):
    with table.primary.connect() as connection:
        rows = "(VALUES (2), (4), (4), (4), (5), (5), (7), (9), (NULL)) AS v (n)"
        sql = f"SELECT stddev_pop(n), var_pop(n), round(variance(n)::numeric, 6)::float8, stddev(n) FILTER (WHERE n > 8) FROM {rows}"
        assert connection.execute(sql).fetchone() == (2.0, 4.0, 4.571429, None)
        sql = """SELECT jsonb_typeof('{}'), json_typeof('[1]'), json_typeof('1.5'), json_typeof('"a"'), json_typeof('true'),
                 json_typeof('null'), json_typeof(NULL), jsonb_array_length('[1,2]'), length(localtime)"""
        assert connection.execute(sql).fetchone() == (
            "object", "array", "number", "string", "boolean", "null", None, 2, 15)


@pytest.mark.parametrize("binary", [False, True])
def test_bytes_stay_bytes_and_are_written_as_postgresql_writes_them(own_table, binary):
    with own_table.primary.connect() as connection:
        connection.execute("CREATE TABLE d (n INT PRIMARY KEY, y BYTEA, f BOOLEAN)")
        connection.execute("INSERT INTO d VALUES (1, '\\x00ff', true), (2, '\\xfe', false), (3, NULL, NULL)")
        sql = "SELECT y || y, y || '\\x01', y::text, f::text, (n > 1)::text, f::bool::varchar FROM d ORDER BY n"
        assert connection.execute(sql, binary=binary).fetchall() == [
            (b"\0\xff\0\xff", b"\0\xff\1", "\\x00ff", "true", "false", "true"),
            (b"\xfe\xfe", b"\xfe\1", "\\xfe", "false", "true", "false"), (None, None, None, None, "true", None)]
        sql = "SELECT string_agg(y, '\\x2c'::bytea), format('%I=%L', 'A b', 'it''s') FROM d"
        cursor = connection.execute(sql.replace("%", "%%"), (), binary=binary)
        assert cursor.fetchone() == (b"\0\xff,\xfe", "\"A b\"='it''s'")
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="ORDER BY"):
            connection.execute("SELECT string_agg(y, '\\x2c'::bytea ORDER BY n) FROM d")
        for refused in ["SELECT 'NaN'::float8", "SELECT * FROM unnest(ARRAY[1], ARRAY[2]) AS x (a, b)"]:
            with pytest.raises(psycopg.errors.FeatureNotSupported):
                connection.execute(refused)
    own_table.assert_identical()


def test_strings_in_definitions_are_values_of_their_columns(own_table):
    with own_table.primary.connect() as connection:
        connection.execute("CREATE TABLE c (a INT, b BOOLEAN CHECK (b IN ('t', 'f')))")
        connection.execute("CREATE UNIQUE INDEX c_a ON c (a) WHERE b = 't'")
        connection.execute("CREATE TABLE seen (a INT)")
        connection.execute(
            "CREATE TRIGGER see AFTER INSERT ON c WHEN NEW.b = 'yes' BEGIN INSERT INTO seen VALUES (NEW.a); END")
        connection.execute("INSERT INTO c VALUES (1, 't'), (2, 'f'), (2, 'f')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO c VALUES (1, 'true')")
        connection.execute("INSERT INTO c VALUES (1, 't') ON CONFLICT (a) WHERE b = 't' DO NOTHING")
        assert connection.execute("SELECT count(*) FROM c").fetchone() == (3,)
        assert connection.execute("SELECT a FROM seen").fetchall() == [(1,)]
    own_table.assert_identical()


def test_long_statements_are_parsed_before_their_values_are_looked_at(own_table):
    with own_table.primary.connect() as connection:
        connection.execute("CREATE TABLE l (b BOOLEAN)")
        sql = "SELECT * FROM l WHERE b = '2024-12-24' AND /* {} */ AND true"
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute(sql.format("x"))
        with pytest.raises(psycopg.errors.SyntaxError):
            connection.execute(sql.format("x" * 5000))


def test_columns_are_called_as_postgresql_calls_them(table):
    with table.primary.connect() as connection:
        cursor = connection.execute(
            "SELECT version(), now(), current_user, count(*), max(b)::int, a::text, 'x'::text, CASE WHEN 1 THEN 2 END::int, 1 + 1::int FROM t")
        assert [column.name for column in cursor.description] == [
            "version", "now", "current_user", "count", "max", "a", "text", "case", "?column?"]
        # Statements that are SQLite's as they are, too; names stay as they are written.
        other = connection.execute(
            'SELECT 1, a, 2 + b, count(*) FILTER (WHERE b) OVER (), true, NULL, t.a, "A" AS "My a", t."a", b > 0, \'x\' FROM t')
        assert [column.name for column in other.description] == [
            "?column?", "a", "?column?", "count", "bool", "?column?", "a", "My a", "a", "?column?", "?column?"]
        assert other.description[4].type_code == 16
        assert connection.execute("SELECT true, CASE WHEN 1 THEN false END, coalesce(NULL, true)").fetchone() == (True, False, True)
        assert cursor.fetchone()[0].startswith("PostgreSQL 15.0 (Tandem ")


def test_errors_point_into_what_the_client_sent(table):
    for sql in ["SELECT a::text, absent, now() FROM t", "SELECT 1;  SELECT absent FROM public.t WHERE now() > '1'",
                "SELECT 'ä', 1::int, absent FROM pg_catalog.pg_class"]:
        with table.primary.connect() as connection, pytest.raises(psycopg.errors.UndefinedColumn) as caught:
            connection.execute(sql)
        assert int(caught.value.diag.statement_position) == sql.index("absent") + 1


def test_rows_are_numbered_and_the_schema_is_sqlites(own_table):
    with own_table.primary.connect() as connection:
        connection.execute("CREATE TABLE u (id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, at TIMESTAMP(3) WITH TIME ZONE DEFAULT now())")
        connection.execute("CREATE TABLE v (id BIGSERIAL NOT NULL, w VARCHAR(5), PRIMARY KEY (id)) WITH (fillfactor = 70)")
        assert connection.execute("INSERT INTO u DEFAULT VALUES RETURNING id").fetchone() == (1,)
        assert connection.execute("INSERT INTO v (w) VALUES ('x'), ('y') RETURNING id").fetchall() == [(1,), (2,)]
        at = connection.execute("SELECT at FROM u").fetchone()[0]
        assert abs(datetime.datetime.now(datetime.timezone.utc) - at) < datetime.timedelta(minutes=5)
        connection.execute("CREATE INDEX CONCURRENTLY i ON v USING btree (w)")
        connection.execute("TRUNCATE TABLE v RESTART IDENTITY")
        assert connection.execute("SELECT count(*) FROM v").fetchone() == (0,)
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            connection.execute("CREATE TABLE w (id INTEGER PRIMARY KEY, n SERIAL)")
        shown = dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE name IN ('t', 'u', 'v', 'i')").fetchall())
    assert shown["t"] == "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT)"
    assert shown["u"].startswith("CREATE TABLE u (id INTEGER PRIMARY KEY, at TIMESTAMPTZ DEFAULT (strftime(")
    assert shown["v"] == "CREATE TABLE v (id INTEGER NOT NULL, w VARCHAR(5), PRIMARY KEY (id))"
    assert shown["i"] == "CREATE INDEX i ON v (w)"
    own_table.assert_identical()


def test_an_identity_column_is_numbered_from_where_it_is_said(own_table):
    with own_table.primary.connect() as connection:
        new = lambda table: connection.execute(f"INSERT INTO {table} (a) VALUES ('x') RETURNING id").fetchone()[0]
        connection.execute("CREATE TABLE u (id INT GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME s START WITH 1000 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1) PRIMARY KEY, a TEXT)")
        connection.execute("CREATE TABLE \"V w\" (id BIGINT PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY (START 7) NOT NULL, a TEXT)")
        connection.execute("CREATE TABLE Loan (id INT GENERATED ALWAYS AS IDENTITY (START WITH 30) PRIMARY KEY, a TEXT)")
        assert [new("u"), new("u"), new('"V w"'), new("loan")] == [1000, 1001, 7, 30]
        connection.execute("CREATE TABLE IF NOT EXISTS u (id INT GENERATED ALWAYS AS IDENTITY (START WITH 5000) PRIMARY KEY, a TEXT)")
        connection.execute("CREATE TABLE IF NOT EXISTS t (id INT GENERATED ALWAYS AS IDENTITY (START WITH 5000) PRIMARY KEY, a TEXT)")
        assert [new("u"), new("t")] == [1002, 4]
        with connection.transaction(force_rollback=True):
            connection.execute("CREATE TABLE x (id INT PRIMARY KEY GENERATED ALWAYS AS IDENTITY (START WITH 50), a TEXT)")
            assert new("x") == 50
        connection.execute("CREATE TABLE x (id INT PRIMARY KEY GENERATED ALWAYS AS IDENTITY (START WITH 60), a TEXT)")
        assert new("x") == 60
        for options in ["INCREMENT BY 2", "START WITH -5", "MAXVALUE 10", "CYCLE", "MINVALUE 3", "START WITH"]:
            with pytest.raises(psycopg.errors.FeatureNotSupported, match="identity column"):
                connection.execute(f"CREATE TABLE y (id INT GENERATED ALWAYS AS IDENTITY ({options}) PRIMARY KEY)")
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="START WITH"):
            connection.execute("CREATE TABLE y (id INT GENERATED ALWAYS AS IDENTITY (START WITH 5), PRIMARY KEY (id))")
    own_table.wait_level()
    own_table.replica.query("SELECT 1")
    assert own_table.replica.query("SELECT max(id) FROM u") == [(1002,)]
    own_table.assert_identical()


def test_uuids_that_functions_make_are_the_same_on_the_replica(own_table):
    with own_table.primary.connect() as connection:
        connection.execute("UPDATE t SET a = gen_random_uuid()")
        assert uuid.UUID(connection.execute("SELECT a FROM t WHERE id = 1").fetchone()[0]).version == 4
    own_table.assert_identical()


def test_prepare_and_execute_are_statements(table):
    script = """
        PREPARE p (int) AS SELECT a FROM t WHERE id = $1; EXECUTE p(2); EXECUTE p('3');
        PREPARE q AS INSERT INTO t (a) VALUES ($1) RETURNING id; EXECUTE q('it''s');
        BEGIN; EXECUTE q(NULL); ROLLBACK; DEALLOCATE p; EXECUTE p(1); PREPARE q AS SELECT 1; EXECUTE q(1 + 1);
    """
    result = psql(table.primary, "-Atq", stdin=script)
    assert result.stdout.split("\n") == ["two", "Three", "4", "5", ""]
    assert ['prepared statement "p" does not exist' in result.stderr, 'prepared statement "q" already exists' in result.stderr,
            "EXECUTE" in result.stderr or "syntax error" in result.stderr] == [True] * 3
    assert table.primary.query("SELECT count(*) FROM t") == [(4,)]


def test_settings_are_set_shown_and_end_with_their_block(table):
    with table.primary.connect() as connection:
        ask = lambda sql: connection.execute(sql).fetchone()[0]
        connection.execute("SET my.setting = 'x'")
        assert (ask("SHOW my.setting"), ask("SELECT current_setting('my.setting')")) == ("x", "x")
        for sql in ["SET nonsense = 1", "SHOW nonsense", "RESET nonsense"]:
            with pytest.raises(psycopg.errors.UndefinedObject):
                connection.execute(sql)
        connection.execute("BEGIN")
        connection.execute("SET LOCAL statement_timeout = '5s'")
        assert ask("SHOW statement_timeout") == "5s"
        connection.execute("COMMIT")
        assert ask("SHOW statement_timeout") == "0"
        connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY")
        assert (ask("SHOW transaction_isolation"), ask("SHOW default_transaction_read_only")) == ("serializable", "on")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("TRUNCATE t")
        connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE")
        connection.execute("BEGIN")
        assert ask("SHOW TRANSACTION ISOLATION LEVEL") == "serializable"
        connection.execute("ROLLBACK")
        for object in ["PLANS", "SEQUENCES", "TEMP", "ALL"]:
            connection.execute(f"DISCARD {object}")
        assert ask("SHOW transaction_isolation") == "read committed"


def test_what_a_rolled_back_change_of_the_schema_told_of_a_statement_is_forgotten(own_table):
    with own_table.primary.connect(prepare_threshold=None) as connection:
        connection.execute("CREATE TABLE words (a TEXT); INSERT INTO words VALUES ('t')")
        connection.execute("PREPARE found AS SELECT count(*) FROM words WHERE a = 't'")
        assert connection.execute("EXECUTE found").fetchone() == (1,)
        with connection.transaction(force_rollback=True):
            connection.execute("DROP TABLE words")
            connection.execute("CREATE TABLE words (a BOOLEAN)")
            connection.execute("INSERT INTO words VALUES (true), (true)")
            assert connection.execute("EXECUTE found").fetchone() == (2,)
        # Two other changes: SQLite's number of the schema is the same again.
        connection.execute("CREATE TABLE others (a INT)")
        connection.execute("DROP TABLE others")
        assert connection.execute("EXECUTE found").fetchone() == (1,)
    own_table.assert_identical()


def test_explain_tells_how_sqlite_goes_about_it(table):
    for sql in ["EXPLAIN SELECT * FROM t WHERE id = 1", "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM t WHERE id = 1", "EXPLAIN ANALYZE UPDATE t SET b = 0 WHERE id = 1"]:
        assert "SEARCH t USING INTEGER PRIMARY KEY" in str(table.primary.query(sql))
    assert table.primary.query("SELECT sum(b) FROM t") == [(6,)]


@pytest.mark.parametrize("sql", ["LISTEN x", "NOTIFY x, 'y'"])
def test_what_is_not_there_is_refused_clearly(table, sql):
    with table.primary.connect() as connection, pytest.raises(psycopg.errors.FeatureNotSupported, match="LISTEN and NOTIFY"):
        connection.execute(sql)


def test_set_config_sets_as_set_does(table):
    with table.primary.connect() as connection:
        ask = lambda sql: connection.execute(sql).fetchone()[0]
        assert ask("SELECT set_config('statement_timeout', '7s', false)") == "7s" == ask("SHOW statement_timeout")
        connection.execute("BEGIN")
        assert ask("SELECT set_config('statement_timeout', '8s', true)") == "8s" == ask("SHOW statement_timeout")
        connection.execute("SET application_name = 'rolled back'")
        connection.execute("ROLLBACK")
        assert (ask("SHOW statement_timeout"), ask("SELECT current_setting('application_name')")) == ("7s", "")
        assert ask("SELECT current_setting('nonsense', true)") is None
        for sql, error in [("SELECT current_setting('nonsense')", psycopg.errors.UndefinedObject),
                           ("SELECT set_config('statement_timeout', 'soon', false)", psycopg.errors.InvalidParameterValue)]:
            with pytest.raises(error):
                connection.execute(sql)


def test_settings_of_a_query_string_that_fails_are_as_before(table):
    with table.primary.connect() as connection:
        ask = lambda name: connection.execute(f"SHOW {name}").fetchone()[0]
        connection.execute("SET application_name = 'first'")
        for failing in ["SET application_name = 'x'; SELECT absent", "SET application_name = 'x'; INSERT INTO t (a) VALUES ('y'); SELECT absent",
                        "RESET ALL; SELECT absent", "SELECT set_config('application_name', 'x', false); SELECT absent",
                        "SET application_name = 'x'; BEGIN; SELECT absent"]:
            with pytest.raises(psycopg.errors.UndefinedColumn):
                connection.execute(failing)
            connection.execute("ROLLBACK")
            assert (ask("application_name"), connection.info.parameter_status("application_name")) == ("first", "first"), failing
        connection.execute("SET application_name = 'second'; SELECT 1")
        assert ask("application_name") == "second"
        connection.execute("SET LOCAL application_name = 'local'; SELECT 1")
        assert ask("application_name") == "second"
        with pytest.raises(psycopg.errors.UndefinedColumn), connection.pipeline():
            connection.execute("SET application_name = 'x'")
            connection.execute("SELECT absent")
        assert ask("application_name") == "second"
        connection.execute("BEGIN; SET application_name = 'x'; ROLLBACK")
        assert ask("application_name") == "second"


def test_several_tables_are_truncated_and_numbered_anew(own_table):
    with own_table.primary.connect() as connection:
        connection.execute("CREATE TABLE n (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT); CREATE TABLE \"M\" (a TEXT)")
        for options, following in [("", 2), ("RESTART IDENTITY", 1), ("CONTINUE IDENTITY CASCADE", 2), ("RESTART IDENTITY CASCADE", 1)]:
            connection.execute("DELETE FROM n; DELETE FROM sqlite_sequence; INSERT INTO n (a) VALUES ('x'); INSERT INTO \"M\" VALUES ('y')")
            cursor = connection.execute(f'TRUNCATE TABLE n, public.t, ONLY "M" {options}')
            assert cursor.statusmessage == "TRUNCATE TABLE"
            assert connection.execute('SELECT (SELECT count(*) FROM n) + (SELECT count(*) FROM t) + (SELECT count(*) FROM "M")').fetchone() == (0,)
            assert connection.execute("INSERT INTO n (a) VALUES ('z') RETURNING id").fetchone() == (following,)
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("TRUNCATE n, absent")
        assert connection.execute("SELECT count(*) FROM n").fetchone() == (1,)
    own_table.assert_identical()


def test_several_tables_and_views_are_dropped(own_table):
    with own_table.primary.connect() as connection:
        connection.execute("CREATE TABLE u (a INT); CREATE TABLE v (a INT); CREATE VIEW w AS SELECT 1; CREATE VIEW x AS SELECT 2")
        assert connection.execute("DROP VIEW w, x").statusmessage == "DROP VIEW"
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("DROP TABLE u, nowhere")
        assert connection.execute("SELECT count(*) FROM u").fetchone() == (0,)
        assert connection.execute("DROP TABLE IF EXISTS nowhere, public.u, t, v CASCADE", binary=True).statusmessage == "DROP TABLE"
        assert connection.execute("SELECT name FROM sqlite_schema WHERE name IN ('t', 'u', 'v', 'w', 'x')").fetchall() == []
    own_table.assert_identical()


def test_what_dates_are_computed_of_is_replicated_as_the_values_it_was(own_table):
    with own_table.primary.connect() as connection:
        connection.execute("CREATE TABLE e (id SERIAL PRIMARY KEY, at TIMESTAMP DEFAULT now() + interval '1 day', span INTERVAL, day DATE)")
        connection.execute("INSERT INTO e (span, day) VALUES (interval '90 minutes', current_date - 1), ('2 days'::interval, date_trunc('month', now())::date)")
        connection.execute("UPDATE e SET at = at + interval '1 hour' WHERE at > now() - interval '1 minute'")
        connection.execute("UPDATE e SET day = current_date, span = interval '3 days' WHERE span = interval '48 hours'")
        connection.execute("INSERT INTO e (id) VALUES (2) ON CONFLICT (id) DO UPDATE SET span = interval '1 day' * 2")
        connection.execute("UPDATE e SET day = v.day FROM (VALUES (1, '2024-02-29')) AS v(id, day) WHERE e.id = v.id")
        assert connection.execute("SELECT span, day FROM e WHERE id = 1").fetchone() == (datetime.timedelta(minutes=90), datetime.date(2024, 2, 29))
        assert connection.execute("SELECT count(*) FROM e WHERE at BETWEEN now() + interval '1 day' AND now() + interval '26 hours'").fetchone() == (2,)
        assert connection.execute("SELECT id FROM e WHERE span > %s", (datetime.timedelta(days=1),)).fetchall() == [(2,)]
        assert connection.execute("SELECT now() - %s * interval '1 day' < now()", (3,)).fetchone() == (1,)
    own_table.assert_identical()


def test_the_first_of_each_is_selected_with_distinct_on(table):
    with table.primary.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS d (g TEXT, n INT, w TEXT)")
        connection.execute("TRUNCATE d")
        connection.execute("INSERT INTO d VALUES ('a', 1, 'x'), ('a', 3, 'y'), ('b', 2, 'z'), (NULL, 5, 'n')")
        assert connection.execute("SELECT DISTINCT ON (g) g, w FROM d ORDER BY g, n DESC").fetchall() == [(None, "n"), ("a", "y"), ("b", "z")]
        assert connection.execute("SELECT count(*) FROM (SELECT DISTINCT ON (d.g) d.g AS h FROM d WHERE n < 5) AS s").fetchone() == (2,)
        cursor = connection.execute("WITH s AS (SELECT * FROM d) SELECT DISTINCT ON (g) g, n::text last FROM s ORDER BY 1 DESC, n LIMIT 1")
        assert ([column.name for column in cursor.description], cursor.fetchall()) == (["g", "last"], [("b", "2")])
        for sql in ["SELECT DISTINCT ON (g) * FROM d", "SELECT DISTINCT ON (g) g FROM d UNION SELECT 1"]:
            with pytest.raises(psycopg.errors.FeatureNotSupported, match="DISTINCT ON"):
                connection.execute(sql)


# A moment, its column's name, its type, and how many digits of a second it has.
MOMENTS = [
    ("CURRENT_TIMESTAMP", "current_timestamp", 1184, 6), ("current_timestamp", "current_timestamp", 1184, 6),
    ("CURRENT_TIMESTAMP(3)", "current_timestamp", 1184, 3), ("CURRENT_TIMESTAMP (0)", "current_timestamp", 1184, 0),
    ("now()", "now", 1184, 6), ("transaction_timestamp()", "transaction_timestamp", 1184, 6),
    ("statement_timestamp()", "statement_timestamp", 1184, 6), ("clock_timestamp()", "clock_timestamp", 1184, 6),
    ("LOCALTIMESTAMP", "localtimestamp", 1114, 6), ("LOCALTIMESTAMP(3)", "localtimestamp", 1114, 3),
]
SECOND = datetime.timedelta(seconds=1)


def is_now(value, begin, digits, zone=True):
    """Whether it is a moment since `begin`, in UTC, of these digits at most; a coarser one may be a little earlier."""
    if zone:
        assert value.utcoffset() == datetime.timedelta(0), value
    else:
        assert value.tzinfo is None, value
        value = value.replace(tzinfo=datetime.timezone.utc)
    assert begin - SECOND <= value <= datetime.datetime.now(datetime.timezone.utc) + SECOND, (begin, value)
    return value.microsecond % 10 ** (6 - digits) == 0


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize("expression, _, oid, digits", MOMENTS, ids=[moment[0] for moment in MOMENTS])
def test_the_present_moment_has_its_type_and_the_digits_of_a_second(table, expression, _, oid, digits, binary):
    """In UTC, by the same clock as the client's. Bare CURRENT_TIMESTAMP, SQLite's own word, had whole seconds."""
    begin = datetime.datetime.now(datetime.timezone.utc)
    for node in table.nodes:
        with node.connect() as connection:
            cursor = connection.cursor(binary=binary)
            values = []
            for sql, parameters in 3 * [
                (f"SELECT {expression}", None), (f"SELECT ({expression})", None),
                (f"SELECT {expression} FROM t WHERE id = %s", (1,)),
            ]:
                values.append(cursor.execute(sql, parameters).fetchone()[0])
                assert [column.type_code for column in cursor.description] == [oid]
            assert all(is_now(value, begin, digits, zone=oid == 1184) for value in values)
            assert any(value.microsecond for value in values) == (digits > 0), values


@pytest.mark.parametrize("expression, name, oid, _", MOMENTS, ids=[moment[0] for moment in MOMENTS])
def test_the_present_moment_is_called_as_postgresql_calls_it(table, expression, name, oid, _):
    with table.primary.connect() as connection:
        for sql in [f"SELECT {expression}", f"SELECT ({expression})", f"SELECT {expression} FROM t WHERE id = 1",
                    f"UPDATE t SET b = b WHERE id = 1 RETURNING {expression}"]:
            for prepare in (False, True):
                cursor = connection.execute(sql, prepare=prepare)
                assert [(column.name, column.type_code) for column in cursor.description] == [(name, oid)], sql


def test_the_present_moment_is_written_read_and_replicated_with_its_digits(own_table):
    begin = datetime.datetime.now(datetime.timezone.utc)
    with own_table.primary.connect() as connection:
        connection.execute("CREATE TABLE seen (id SERIAL PRIMARY KEY, at TIMESTAMPTZ, local TIMESTAMP, word TEXT, "
                           "made TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP, kept TIMESTAMPTZ NOT NULL DEFAULT now())")
        sql = "INSERT INTO seen (at, local) VALUES (CURRENT_TIMESTAMP, LOCALTIMESTAMP) RETURNING at, local, made, kept"
        rows = [connection.execute(sql, prepare=prepare).fetchone() for prepare in (False, True) * 3]
        for at, local, made, kept in rows:
            assert all(is_now(moment, begin, 6) for moment in (at, made, kept)) and is_now(local, begin, 6, zone=False)
        for column in (0, 1, 3):
            assert any(row[column].microsecond for row in rows), rows
        # What was written just now is not later than now, as texts are compared.
        for condition, count in [
            ("at <= CURRENT_TIMESTAMP AND made <= CURRENT_TIMESTAMP AND kept <= now()", 6),
            ("CURRENT_TIMESTAMP >= local", 6), ("at > CURRENT_TIMESTAMP - interval '1 hour'", 6),
            ("at > CURRENT_TIMESTAMP", 0),
        ]:
            assert connection.execute(f"SELECT count(*) FROM seen WHERE {condition}").fetchone() == (count,), condition
        sql = "UPDATE seen SET at = CURRENT_TIMESTAMP, local = CURRENT_TIMESTAMP WHERE id = %s RETURNING at, local"
        changed = [connection.execute(sql, (number,)).fetchone() for number in range(1, 7)]
        assert all(is_now(at, begin, 6) and is_now(local, begin, 6, zone=False) for at, local in changed)
        assert any(at.microsecond for at, _ in changed) and any(local.microsecond for _, local in changed), changed
        assert all(new[0] >= old[0] for new, old in zip(changed, rows))
        sql = ("INSERT INTO seen (id, at) VALUES (1, NULL) ON CONFLICT (id) DO UPDATE SET at = CURRENT_TIMESTAMP, "
               "word = 'CURRENT_TIMESTAMP' RETURNING at, word")
        upserted = [connection.execute(sql).fetchone() for _ in range(5)]
        assert all(is_now(at, begin, 6) and word == "CURRENT_TIMESTAMP" for at, word in upserted)
        assert any(at.microsecond for at, _ in upserted), upserted
        connection.execute("INSERT INTO seen DEFAULT VALUES")
        made, kept = connection.execute("SELECT made, kept FROM seen WHERE id = 7").fetchone()
        assert is_now(made, begin, 6) and is_now(kept, begin, 6)
        connection.execute("INSERT INTO seen (at) SELECT CURRENT_TIMESTAMP FROM t")
        assert all(is_now(at, begin, 6) for at, in connection.execute("SELECT at FROM seen WHERE id > 7").fetchall())
        everything = connection.execute("SELECT * FROM seen ORDER BY id").fetchall()
    own_table.wait_level()
    assert own_table.replica.query("SELECT * FROM seen ORDER BY id") == everything
    own_table.assert_identical()


def test_a_name_in_quotes_and_a_string_are_not_the_present_moment(table):
    with table.primary.connect() as connection:
        connection.execute('CREATE TABLE quoted ("current_timestamp" TEXT); INSERT INTO quoted VALUES (\'a word\')')
        cursor = connection.execute("SELECT \"current_timestamp\", quoted.\"current_timestamp\", 'CURRENT_TIMESTAMP' "
                                    "FROM quoted /* CURRENT_TIMESTAMP */")
        assert cursor.fetchone() == ("a word", "a word", "CURRENT_TIMESTAMP")
        connection.execute("DROP TABLE quoted")


def test_a_statement_has_one_present_moment_and_the_next_another(table):
    with table.primary.connect() as connection:
        connection.execute("CREATE TABLE moments (a TIMESTAMPTZ, b TIMESTAMPTZ, c TIMESTAMP)")
        for sql in ("INSERT INTO moments VALUES (now(), CURRENT_TIMESTAMP, LOCALTIMESTAMP) RETURNING a = b AND b = c",
                    "UPDATE moments SET a = CURRENT_TIMESTAMP, b = now(), c = LOCALTIMESTAMP RETURNING a = b AND b = c"):
            assert connection.execute(sql).fetchone() == (1,)
        rows = "FROM generate_series(1, 10000)"
        told = [connection.execute(f"SELECT count(DISTINCT now()), max(statement_timestamp()) {rows}").fetchone()
                for _ in range(2)]
        assert [row[0] for row in told] == [1, 1] and told[0][1] < told[1][1]
        assert connection.execute(f"SELECT count(DISTINCT clock_timestamp()) > 1 {rows}").fetchone() == (1,)
        # Also of a block, whose beginning it is to PostgreSQL.
        with connection.transaction():
            first, second = (connection.execute("SELECT now()").fetchone()[0] for _ in range(2))
        assert first < second
        connection.execute("DROP TABLE moments")
