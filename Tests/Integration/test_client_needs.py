"""What the clients' own test suites and Adminer have asked for, in short: docs/CLIENT-SUITES.md has the suites."""

import asyncio
import threading
import time

import asyncpg
import psycopg
import pytest

from wire import BIND, DESCRIBE, SYNC, Wire, errors, execute, message, parse


@pytest.fixture
def node(shared_pair):
    with shared_pair.primary.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS t; CREATE TABLE t (id SERIAL PRIMARY KEY, a TEXT DEFAULT 'none', b INT DEFAULT 3 + 4)")
        connection.execute("INSERT INTO t (a, b) VALUES ('one', 1), ('two', 2), ('three', 3)")
    return shared_pair.primary


@pytest.mark.parametrize("sql, rows", [
    ("(SELECT id FROM t ORDER BY id DESC LIMIT 1) UNION ALL (SELECT id FROM t ORDER BY id LIMIT 1) ORDER BY 1", [(1,), (3,)]),
    ("(SELECT a FROM t WHERE id = 1)", [("one",)]),
    ("SELECT n FROM ((SELECT 1 AS n UNION SELECT 2) EXCEPT (SELECT 2)) AS x", [(1,)]),
    ("SELECT count(*) FROM t WHERE id IN ((SELECT 1) UNION (SELECT 3))", [(2,)]),
    ("SELECT generate_series(1, 3)", [(1,), (2,), (3,)]), ("SELECT generate_series(5, 1, -2) AS n", [(5,), (3,), (1,)]),
    ("SELECT sum(n) FROM generate_series(0, 10, 5) AS s(n)", [(15,)]),
    ("SELECT id AS default, a AS order FROM t WHERE id = 1", [(1, "one")]),
    ("SELECT 15 / CAST(10 AS NUMERIC) = 1.5, id / 2::numeric FROM t WHERE id = 3", [(1, 1.5)]),
    ("SELECT pg_sleep(0)", [("",)]),
    ("SELECT $q$it's; $$1$q$, 2; /* ; /* */ ; */", [("it's; $$1", 2)]), ("SELECT U&\"d\\0061ta\" FROM (SELECT $$x$$ AS data) AS s", [("x",)]),
    (r"SELECT '\x00ff'::bytea, E'\\x00ff'::bytea, 'a\000b'::bytea, CAST(x'01' AS bytea), NULL::bytea", [
        (b"\x00\xff", b"\x00\xff", b"a\x00b", b"\x01", None)]),
])
def test_statements_of_query_builders_mean_what_they_mean_to_postgresql(node, sql, rows):
    with node.connect() as connection:
        found = connection.execute(sql).fetchall()
        assert [tuple(float(value) if isinstance(wanted, float) else value for value, wanted in zip(row, want))
                for row, want in zip(found, rows)] == rows and len(found) == len(rows)


@pytest.mark.parametrize("sql, rows", [
    # Grafana's list of tables, and Metabase's of privileges.
    ("""select quote_ident(table_name) as "table" from information_schema.tables
        where quote_ident(table_schema) not in ('information_schema', 'pg_catalog') and table_type = 'BASE TABLE' and quote_ident(table_schema) IN
        (SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
         FROM generate_series(array_lower(string_to_array(current_setting('search_path'), ','), 1),
                              array_upper(string_to_array(current_setting('search_path'), ','), 1)) as i,
              string_to_array(current_setting('search_path'), ',') s) and table_name = 't'""", [("t",)]),
    ("""with table_privileges as (
        select NULL as role, t.schemaname as schema, t.objectname as table,
          pg_catalog.has_any_column_privilege(current_user, '"' || t.schemaname || '"' || '.' || '"' || t.objectname || '"', 'update') as update,
          pg_catalog.has_table_privilege(current_user, '"' || t.schemaname || '"' || '.' || '"' || t.objectname || '"', 'delete') as delete
        from (select schemaname, tablename as objectname from pg_catalog.pg_tables union select schemaname, viewname as objectname from pg_catalog.pg_views
              union select schemaname, matviewname as objectname from pg_catalog.pg_matviews) t
        where t.schemaname !~ '^pg_' and t.schemaname <> 'information_schema' and pg_catalog.has_schema_privilege(current_user, t.schemaname, 'usage'))
        select t.* from table_privileges t where t.table = 't'""", [(None, "public", "t", True, True)]),
    # pgAdmin's.
    ("SELECT gid, database, owner, transaction, prepared FROM pg_catalog.pg_prepared_xacts", []),
    ("SELECT (d).grantee AS grantee, (d).privilege_type FROM (SELECT aclexplode(rel.relacl) AS d FROM pg_catalog.pg_class rel WHERE rel.relname = 't') a", []),
    ("SELECT pl.oid, polname, pg_catalog.pg_get_expr(pl.polqual, pl.polrelid) FROM pg_catalog.pg_policy pl JOIN pg_catalog.pg_policies rw ON pl.polname = rw.policyname", []),
    ("SELECT user = current_user, has_sequence_privilege(user, 't_id_seq', 'usage')", [(1, True)]),
])
def test_browsers_and_dashboards_are_answered(node, sql, rows):
    with node.connect() as connection:
        assert connection.execute(sql).fetchall() == rows


def test_rows_are_deleted_by_what_other_tables_hold(node):
    with node.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS u; CREATE TABLE u (t_id INT, kind TEXT); INSERT INTO u VALUES (1, 'x'), (3, 'x'), (2, 'y')")
        deleted = lambda sql, *values: sorted(connection.execute(sql, values).fetchall())
        with connection.transaction(force_rollback=True):
            assert deleted("DELETE FROM t USING u WHERE t.id = u.t_id AND u.kind = %s RETURNING t.id, a", "x") == [(1, "one"), (3, "three")]
            assert connection.execute("DELETE FROM t AS x USING u AS y, u AS z WHERE x.id = y.t_id AND y.kind = z.kind AND z.t_id = 2").rowcount == 1
        with connection.transaction(force_rollback=True):
            assert deleted("WITH w AS (SELECT max(id) AS top FROM t) DELETE FROM public.t USING w JOIN u ON u.t_id = w.top WHERE t.id = w.top RETURNING id") == [(3,)]
            assert connection.execute("DELETE FROM t USING u WHERE EXISTS (SELECT 1 FROM u WHERE t_id = t.id)").rowcount == 2
        # The types of parameters are looked for in both tables.
        with connection.transaction(force_rollback=True), pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("DELETE FROM t USING u WHERE t.id = u.t_id AND u.t_id = %s", ["x"])


def test_the_table_of_a_change_has_another_name_without_as(node):
    with node.connect() as connection, connection.transaction(force_rollback=True):
        assert connection.execute("UPDATE ONLY t x SET a = x.b WHERE x.id = %s RETURNING a", (2,)).fetchall() == [("2",)]
        assert connection.execute("DELETE FROM ONLY t x WHERE x.id > %s RETURNING *", (2,)).fetchall() == [(3, "three", 3)]
        assert connection.execute("SELECT count(*) FROM ONLY t AS x").fetchone() == (2,)
        # Its columns tell the types of parameters.
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("UPDATE ONLY t x SET b = %s", ("x",))


def test_a_column_may_be_called_as_a_word_of_the_dialect(node):
    with node.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS v; CREATE TABLE v (similar TEXT, overlaps TEXT, substring TEXT); INSERT INTO v VALUES ('a', 'b', 'c')")
        cursor = connection.execute("SELECT similar, overlaps AS overlaps, v.substring FROM v WHERE similar = 'a' AND overlaps <> similar")
        assert (cursor.fetchone(), [column.type_code for column in cursor.description]) == (("a", "b", "c"), [25, 25, 25])


def test_their_types_are_known_before_they_are_bound(node):
    async def described():
        connection = await asyncpg.connect(host="127.0.0.1", port=node.port, user="test", database="test")
        statement = await connection.prepare("(SELECT id FROM t LIMIT $1) UNION (SELECT generate_series(7, 7))")
        types, rows = [attribute.type.name for attribute in statement.get_attributes()], await statement.fetch(1)
        await connection.close()
        return types, sorted(row[0] for row in rows)
    assert asyncio.run(described()) == (["int8"], [1, 7])


def test_insert_takes_defaults_by_name_and_parenthesized_queries(node):
    with node.connect() as connection:
        rows = connection.execute("INSERT INTO t (id, a, b) VALUES (DEFAULT, 'x', DEFAULT), (DEFAULT, 'y', DEFAULT) RETURNING *").fetchall()
        assert rows == [(4, "x", 7), (5, "y", 7)]
        assert connection.execute("INSERT INTO t (id) VALUES (DEFAULT) RETURNING a").fetchone() == ("none",)
        assert connection.execute("INSERT INTO t (id, a) OVERRIDING SYSTEM VALUE VALUES (%s, DEFAULT) RETURNING *", (30,)).fetchone() == (30, "none", 7)
        assert connection.execute("INSERT INTO t (a) (SELECT a FROM t WHERE id = 1) RETURNING a, b").fetchone() == ("one", 7)
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="without the columns' names"):
            connection.execute("INSERT INTO t VALUES (DEFAULT, 'x', 1)")


KEYS = "SELECT currval(pg_get_serial_sequence('t', 'id')), currval('t_id_seq'), currval('public.t_id_seq'::regclass), currval('T_ID_SEQ'), lastval()"


def keys(connection, sql=KEYS):
    return set(connection.execute(sql).fetchone())


def test_currval_tells_the_key_of_the_row_that_the_session_has_inserted_last(node):
    with node.connect() as connection, node.connect() as other:
        connection.execute("DROP TABLE IF EXISTS u; CREATE TABLE u (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t_id INT)")
        for sql in ("SELECT currval('t_id_seq')", "SELECT lastval()"):
            with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="not yet defined in this session"):
                connection.execute(sql)
        with pytest.raises(psycopg.errors.UndefinedTable, match="nothing_id_seq"):
            connection.execute("SELECT currval('nothing_id_seq')")
        connection.execute("INSERT INTO t (a) VALUES ('x')")
        other.execute("INSERT INTO public.t (a) VALUES ('y'), ('z')")
        assert (keys(connection), keys(other)) == ({4}, {6})
        # A row of another table changes lastval() alone.
        connection.execute("INSERT INTO u (t_id) VALUES (currval('t_id_seq'))")
        assert connection.execute("SELECT t_id, lastval(), currval('u_id_seq'), currval('t_id_seq') FROM u").fetchone() == (4, 1, 1, 4)
        with connection.transaction(force_rollback=True):
            connection.execute("WITH w AS (SELECT 'into') INSERT INTO \"t\" (a) SELECT * FROM w RETURNING id")
            assert keys(connection) == {7}
        assert keys(connection) == {7}, "as in PostgreSQL, a rollback takes no number back from the session"
        with connection.cursor().copy("COPY t (a) FROM STDIN") as copy:
            copy.write("one\ntwo\n")
        assert keys(connection) == {8}


def test_an_upsert_that_changes_a_row_has_made_no_key(node):
    upsert = "INSERT INTO t (id, a) VALUES (%s, 'x') ON CONFLICT (id) DO UPDATE SET a = 'y'"
    with node.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS u; CREATE TABLE u (id SERIAL PRIMARY KEY); INSERT INTO u VALUES (9)")
        connection.execute(upsert, (1,))
        assert connection.execute("SELECT last_insert_rowid()").fetchone() == (9,)
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            connection.execute("SELECT currval('t_id_seq')")
        # The number that another table's row has had, too.
        connection.execute(upsert, (9,))
        assert keys(connection) == {9}


@pytest.mark.parametrize("words", ["DISCARD ALL", "DISCARD SEQUENCES"])
def test_who_discards_its_session_is_told_no_keys_of_before(node, words):
    with node.connect() as connection:
        connection.execute("INSERT INTO t (a) VALUES ('x')")
        assert connection.execute(words).statusmessage == words
        for sql in ("SELECT currval('t_id_seq')", "SELECT lastval()"):
            with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
                connection.execute(sql)


@pytest.mark.parametrize("sql", ["SELECT nextval('t_id_seq')", "CREATE SEQUENCE book_seq START WITH 1 INCREMENT BY 50",
                                 "DROP SEQUENCE IF EXISTS book_seq", "ALTER SEQUENCE t_id_seq RESTART"])
def test_what_asks_for_a_number_before_its_row_is_refused_with_what_to_do_instead(node, sql):
    with node.connect() as connection:
        with pytest.raises(psycopg.errors.FeatureNotSupported) as refusal:
            connection.execute(sql)
        assert "IDENTITY" in refusal.value.diag.message_hint


@pytest.mark.parametrize("binary", [False, True])
def test_what_does_nothing_says_so(node, binary):
    with node.connect() as connection:
        notices = []
        connection.add_notice_handler(lambda notice: notices.append((notice.severity, notice.sqlstate, notice.message_primary)))
        run = lambda sql: (connection.execute(sql, binary=binary), notices.copy(), notices.clear())[1]
        assert run("CREATE TABLE IF NOT EXISTS noticed (a INT)") == []
        there = [("NOTICE", "42P07", 'relation "noticed" already exists, skipping')]
        assert run("CREATE TABLE IF NOT EXISTS noticed (a INT)") == there
        assert run("CREATE UNIQUE INDEX IF NOT EXISTS noticed_a ON noticed (a)") == []
        assert run("DROP INDEX IF EXISTS noticed_a") == []
        assert run("DROP INDEX IF EXISTS noticed_a") == [("NOTICE", "00000", 'index "noticed_a" does not exist, skipping')]
        assert run("DROP TABLE IF EXISTS absent, public.noticed, \"Gone\"") == [
            ("NOTICE", "00000", 'table "absent" does not exist, skipping'),
            ("NOTICE", "00000", 'table "Gone" does not exist, skipping')]
        assert run("DROP TABLE IF EXISTS noticed") == [("NOTICE", "00000", 'table "noticed" does not exist, skipping')]


def test_a_column_is_added_if_there_is_none(node):
    with node.connect() as connection:
        notices = []
        connection.add_notice_handler(lambda notice: notices.append((notice.severity, notice.sqlstate, notice.message_primary)))
        add = lambda binary: connection.execute("ALTER TABLE t ADD COLUMN IF NOT EXISTS c INT DEFAULT 5", binary=binary).statusmessage
        assert (add(False), notices) == ("ALTER TABLE", [])
        # The extended protocol, too.
        assert [add(False), add(True)] == ["ALTER TABLE"] * 2
        assert notices == [("NOTICE", "42701", 'column "c" of relation "t" already exists, skipping')] * 2
        assert connection.execute("SELECT c FROM t").fetchall() == [(5,)] * 3
        connection.execute("ALTER TABLE t DROP COLUMN c")
        assert (add(True), len(notices)) == ("ALTER TABLE", 2)
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("ALTER TABLE nowhere ADD COLUMN IF NOT EXISTS c INT")


def test_keys_are_added_and_dropped_and_one_statement_does_several_things(node):
    with node.connect() as connection:
        connection.execute("CREATE TABLE keyed (id INT PRIMARY KEY, a INT, b TEXT)")
        altered = connection.execute("ALTER TABLE ONLY public.keyed ADD CONSTRAINT keyed_once UNIQUE (a, b), ADD COLUMN c INT DEFAULT 7, ADD d BOOLEAN DEFAULT true")
        assert altered.statusmessage == "ALTER TABLE"
        connection.execute("INSERT INTO keyed (id, a, b) VALUES (1, 2, 'x'), (2, 2, 'y')")
        with pytest.raises(psycopg.errors.UniqueViolation) as refusal:
            connection.execute("INSERT INTO keyed (id, a, b) VALUES (3, 2, 'x')")
        assert refusal.value.diag.constraint_name == "keyed_once"
        connection.execute("INSERT INTO keyed (id, a, b) VALUES (3, 2, 'x') ON CONFLICT (a, b) DO UPDATE SET c = 8")
        assert connection.execute("SELECT * FROM keyed ORDER BY id").fetchall() == [(1, 2, "x", 8, True), (2, 2, "y", 7, True)]
        connection.execute("ALTER TABLE keyed DROP CONSTRAINT keyed_once, DROP COLUMN d")
        connection.execute("INSERT INTO keyed (id, a, b) VALUES (3, 2, 'x')")
        # All of it, or nothing.
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("ALTER TABLE keyed ADD COLUMN e INT, ADD UNIQUE (a, b)")
        assert [column.name for column in connection.execute("SELECT * FROM keyed").description] == ["id", "a", "b", "c"]
        connection.execute("ALTER TABLE keyed ADD UNIQUE (id, a)")
        connection.execute("ALTER TABLE keyed DROP CONSTRAINT IF EXISTS keyed_id_a_key CASCADE")
        with pytest.raises(psycopg.errors.UndefinedObject):
            connection.execute("ALTER TABLE keyed DROP CONSTRAINT keyed_id_a_key")


@pytest.mark.parametrize("sql, code, hint", [
    ("INSERT INTO t (id) VALUES (1) ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING", "0A000", "columns"),
    ("CREATE INDEX i ON t (a) INCLUDE (b)", "0A000", "columns"), ("CREATE OR REPLACE VIEW v AS SELECT 1", "0A000", "DROP VIEW"),
    ("WITH w AS (DELETE FROM t RETURNING a) SELECT a FROM w", "0A000", "RETURNING"),
    ("GRANT SELECT ON t TO public", "0A000", "roles"), ("REVOKE ALL ON TABLE t FROM public", "0A000", "roles"),
    ("CREATE TYPE mood AS ENUM ('sad')", "0A000", "CHECK"), ("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "0A000", "trigger"), ("CREATE FUNCTION f() RETURNS int AS $f$ SELECT 1; SELECT 2; $f$ LANGUAGE sql", "0A000", "trigger"),
    ("DROP EXTENSION IF EXISTS pgcrypto", "0A000", "gen_random_uuid"), ("CREATE SCHEMA IF NOT EXISTS s", "0A000", "public"),
    ("DO 'BEGIN END'", "0A000", "program"), ("DO $$ BEGIN PERFORM 1; END $$", "0A000", "program"), ("SELECT U&'\\d800'", "42601", "XXXX"), ("LOCK TABLE t IN ANY MODE", "42601", ""), ("CREATE MATERIALIZED VIEW m AS SELECT 1", "0A000", "rows"),
    ("ALTER TABLE ONLY public.t ALTER COLUMN a SET NOT NULL", "0A000", "copy the rows"),
    ("ALTER TABLE IF EXISTS t ADD CONSTRAINT u UNIQUE (a)", "0A000", "IF EXISTS"), ("ALTER TABLE t ADD PRIMARY KEY (a)", "0A000", "ADD UNIQUE"),
    ("ALTER TABLE t ADD CONSTRAINT u FOREIGN KEY (a) REFERENCES t", "0A000", "copy the rows"), ("ALTER TABLE t ADD UNIQUE (a) DEFERRABLE", "0A000", "DEFERRABLE"),
    ("ALTER TABLE t ADD COLUMN IF NOT EXISTS x INT, ADD COLUMN y INT", "0A000", "of its own"),
    ("MERGE INTO t USING t AS u ON true WHEN MATCHED THEN DELETE", "0A000", "ON CONFLICT"),
    ("GRANT nonsense TO test", "42704", "roles"), ("INSERT INTO t (id) OVERRIDING USER VALUE VALUES (9)", "0A000", "column"), ("VACUUM", "0A000", ""),
    ("SELECT sum(n) FROM (SELECT 9223372036854775807 AS n UNION ALL SELECT 1)", "22003", ""),
])
def test_what_is_missing_is_refused_with_what_to_do_instead(node, sql, code, hint):
    with node.connect() as connection:
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute(sql)
        assert refusal.value.sqlstate == code and hint in (refusal.value.diag.message_hint or ""), str(refusal.value)
        assert "transaction" not in refusal.value.diag.message_primary
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (3,)


def test_a_comment_is_taken_and_said_not_to_be_kept(node):
    with node.connect() as connection:
        notices = []
        connection.add_notice_handler(lambda notice: notices.append(notice.message_primary))
        assert connection.execute("COMMENT ON COLUMN t.a IS 'what''s this'").statusmessage == "COMMENT"
        assert "not kept" in notices[0]
        with pytest.raises(psycopg.errors.SyntaxError):
            connection.execute("COMMENT ON TABLE t")


@pytest.mark.parametrize("words", ["RESET ALL", "DISCARD ALL", "RESET application_name"])
def test_a_session_tells_what_it_has_set_back(node, words):
    with node.connect(application_name="first") as connection, node.connect() as other:
        def told():
            shown = other.execute("SELECT application_name FROM pg_stat_activity WHERE pid = %s", (connection.info.backend_pid,)).fetchone()
            return {connection.info.parameter_status("application_name"), shown[0]}
        connection.execute("SET application_name = 'second'")
        assert told() == {"second"}
        connection.execute(words)
        assert told() == {"first"}


def test_the_start_up_packet_sets_settings(node):
    with node.connect(options="-c statement_timeout=1234ms --lock-timeout=2s -c my.own=x") as connection:
        assert [connection.execute(f"SHOW {name}").fetchone()[0] for name in ("statement_timeout", "lock_timeout", "my.own")] == [
            "1234ms", "2s", "x"]
        connection.execute("SET statement_timeout = 5; RESET statement_timeout")
        assert connection.execute("SHOW statement_timeout").fetchone() == ("1234ms",)
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(60)")
    async def shown():
        connection = await asyncpg.connect(
            host="127.0.0.1", port=node.port, user="test", database="test",
            server_settings={"jit": "off", "default_transaction_isolation": "serializable"})
        try:
            return await connection.fetchval("SHOW transaction_isolation")
        finally:
            await connection.close()
    assert asyncio.run(shown()) == "serializable"
    for options, message in [("-c nonsense=1", "unrecognized configuration parameter"), ("-x", "invalid command-line argument"),
                             ("-c server_version=1", "cannot be changed")]:
        with pytest.raises(psycopg.OperationalError, match=message):
            node.connect(options=options)


@pytest.mark.parametrize("value", ["1000000000000", "9" * 400, "99999999999999d", "2147483648", "25d"])
def test_a_time_that_is_too_long_is_told_from_one_that_cannot_be_read(node, value):
    with node.connect() as connection:
        with pytest.raises(psycopg.errors.InvalidParameterValue) as refusal:
            connection.execute(f"SET statement_timeout = '{value}'")
        assert "valid range" in refusal.value.diag.message_hint
        with pytest.raises(psycopg.errors.InvalidParameterValue) as refusal:
            connection.execute(f"SET statement_timeout = '{value} parsecs'")
        assert "Say a time" in refusal.value.diag.message_hint
        connection.execute("SET statement_timeout = 2147483647")


def test_each_portal_answers_with_its_own_rows(node):
    """What was run to describe one portal was taken for the rows of whichever was executed next."""
    bound = lambda name: message(b"B", name + b"\0" + name + b"\0" + b"\0\0" * 3)
    described = lambda name: message(b"D", b"P" + name + b"\0")

    def rows(*messages):
        client.send(*messages, SYNC)
        told = client.ready()
        assert not errors(told)
        return [body[6:] for kind, body in told if kind == b"D"]
    with Wire(node) as client:
        assert rows(parse("SELECT 'one'", b"x"), bound(b"x"), parse("SELECT 'two'", b"y"), bound(b"y"), described(b"x"),
                    described(b"y"), execute(portal=b"x"), execute(portal=b"y")) == [b"one", b"two"]
        # The unnamed portal of the first statement is gone.
        assert rows(parse("SELECT 'one'"), BIND, DESCRIBE, parse("SELECT 'two'"), BIND, execute()) == [b"two"]


def test_the_status_is_read_in_binary_and_row_by_row(node):
    async def told():
        connection = await asyncpg.connect(host="127.0.0.1", port=node.port, user="test", database="test")
        try:
            status = await connection.fetchrow("SHOW tandem.status")
            async with connection.transaction():
                settings = [row[0] async for row in connection.cursor("SHOW ALL", prefetch=7)]
            return status["whole"], type(status["last_index"]), status["role"], settings
        finally:
            await connection.close()
    whole, index, role, settings = asyncio.run(told())
    assert (whole, index, role) == (True, int, "primary")
    assert settings == [row[0] for row in node.query("SHOW ALL")] and len(settings) > 20


def test_a_transaction_tells_the_isolation_it_was_given(node):
    with node.connect() as connection:
        for level in ("read uncommitted", "read committed", "repeatable read", "serializable"):
            connection.execute(f"BEGIN ISOLATION LEVEL {level.upper()} READ ONLY DEFERRABLE")
            assert connection.execute("SHOW transaction_isolation").fetchone() == (level,)
            assert connection.execute("SHOW transaction_deferrable").fetchone() == ("on",)
            connection.execute("ROLLBACK")
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            connection.execute("SET default_transaction_isolation = 'snapshot'")


def test_a_session_tells_where_it_comes_from(node):
    with node.connect() as connection:
        address, port, to, at = connection.execute("SELECT inet_client_addr(), inet_client_port(), inet_server_addr(), inet_server_port()").fetchone()
        assert (address, to, at) == ("127.0.0.1", "127.0.0.1", node.port)
        assert connection.execute("SELECT client_port FROM pg_stat_activity WHERE pid = pg_backend_pid()").fetchone() == (port,)
        assert connection.execute("SELECT pg_postmaster_start_time() <= now(), pg_current_xact_id_if_assigned()").fetchone() == (True, None)
        assert connection.execute("SELECT * FROM current_setting('server_version_num') AS v").fetchall() == [("150000",)]
        cursor = connection.execute("SELECT * FROM current_database()")
        assert (cursor.fetchall(), cursor.description[0].name) == ([("test",)], "current_database")
        for function in ("txid_current", "pg_current_xact_id"):
            with pytest.raises(psycopg.errors.FeatureNotSupported) as refusal:
                connection.execute(f"SELECT {function}()")
            assert "pg_current_wal_lsn" in refusal.value.diag.message_hint


def test_sleep_lasts_and_ends_when_it_is_cancelled(node):
    with node.connect() as connection:
        begun = time.monotonic()
        connection.execute("SELECT pg_sleep(0.2)")
        assert time.monotonic() - begun >= 0.2
        # On a reader, and in a transaction that has the writer.
        for before in ("SELECT 1", "BEGIN; INSERT INTO t (a) VALUES ('z')"):
            connection.execute(before)
            failure = []

            def sleep():
                try:
                    connection.execute("SELECT pg_sleep(60)")
                except psycopg.Error as error:
                    failure.append(error)
            thread = threading.Thread(target=sleep)
            thread.start()
            deadline = time.monotonic() + 20
            # A cancel that comes before the statement has none to cancel.
            while thread.is_alive() and time.monotonic() < deadline:
                connection.cancel()
                thread.join(0.05)
            assert not thread.is_alive() and isinstance(failure[0], psycopg.errors.QueryCanceled)
            connection.execute("ROLLBACK")
