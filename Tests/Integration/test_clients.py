"""Clients as people have them: psql, psycopg 3, pgbench, sysbench."""

import concurrent.futures
import datetime
import pathlib
import re
import subprocess

import psycopg
import pytest


def numbers(count):
    """A query of the numbers from 1 to `count`."""
    return f"WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {count}) SELECT n FROM r"


def psql(node, *arguments, stdin=None):
    return subprocess.run(
        ["psql", "-X", "-h", "127.0.0.1", "-p", str(node.port), "-U", "anyone", "anything", *arguments],
        input=stdin, capture_output=True, text=True, timeout=60)


def test_psql_shows_rows_with_names_and_tags(pair):
    result = psql(pair.primary, "-c", "CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL)")
    assert (result.stdout, result.stderr) == ("CREATE TABLE\n", "")
    assert psql(pair.primary, "-c", "INSERT INTO book (title) VALUES ('Emma'), ('Persuasion')").stdout == "INSERT 0 2\n"
    result = psql(pair.primary, "-c", "SELECT id, title FROM book ORDER BY id")
    assert result.stdout == " id |   title    \n----+------------\n  1 | Emma\n  2 | Persuasion\n(2 rows)\n\n"
    assert psql(pair.primary, "-c", "UPDATE book SET title = 'Emma!' WHERE id = 1").stdout == "UPDATE 1\n"
    assert psql(pair.primary, "-c", "DELETE FROM book WHERE id = 2").stdout == "DELETE 1\n"


def test_psql_runs_a_script_with_transactions_in_one_session(pair):
    script = """
        CREATE TABLE t (a INT);
        BEGIN;
        INSERT INTO t VALUES (1);
        SAVEPOINT s;
        INSERT INTO t VALUES (2);
        ROLLBACK TO s;
        INSERT INTO t VALUES (3);
        COMMIT;
        SELECT a FROM t ORDER BY a;
    """
    result = psql(pair.primary, "-At", stdin=script)
    assert result.stderr == ""
    assert result.stdout.split("\n") == [
        "CREATE TABLE", "BEGIN", "INSERT 0 1", "SAVEPOINT", "INSERT 0 1", "ROLLBACK", "INSERT 0 1", "COMMIT",
        "1", "3", ""]


def test_a_multi_statement_string_is_one_transaction(pair):
    result = psql(pair.primary, "-At", "-c", "CREATE TABLE t (a INT UNIQUE); INSERT INTO t VALUES (1); SELECT a FROM t")
    assert result.stdout.split() == ["CREATE", "TABLE", "INSERT", "0", "1", "1"]
    result = psql(pair.primary, "-c", "INSERT INTO t VALUES (2); INSERT INTO t VALUES (1)")
    assert "23505" in psql(
        pair.primary, "-v", "VERBOSITY=verbose", "-c", "INSERT INTO t VALUES (1)").stderr
    assert result.returncode == 1
    assert pair.primary.query("SELECT a FROM t") == [(1,)]


def test_errors_have_their_codes_and_places(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL, c INT CHECK (c > 0))")
        cases = [
            ("SELEC 1", psycopg.errors.SyntaxError),
            ("SELECT * FROM nowhere", psycopg.errors.UndefinedTable),
            ("SELECT absent FROM t", psycopg.errors.UndefinedColumn),
            ("CREATE TABLE t (a INT)", psycopg.errors.DuplicateTable),
            ("INSERT INTO t (a) VALUES (1)", psycopg.errors.NotNullViolation),
            ("INSERT INTO t VALUES (1, 'x', -1)", psycopg.errors.CheckViolation),
            ("ATTACH 'x.db' AS x", psycopg.errors.FeatureNotSupported),
            ("PRAGMA writable_schema = 1", psycopg.errors.FeatureNotSupported),
            ("VACUUM", psycopg.errors.FeatureNotSupported),
            ("SELECT absent(a) FROM t", psycopg.errors.UndefinedFunction),
            ("SELECT upper('a', 'b')", psycopg.errors.UndefinedFunction),
            ("SELECT a FROM t, t AS u", psycopg.errors.AmbiguousColumn),
            ("CREATE INDEX i ON t (b)", psycopg.errors.DuplicateTable),
            ("CREATE TABLE i (a INT)", psycopg.errors.DuplicateTable),
            ("ALTER TABLE t RENAME TO i", psycopg.errors.DuplicateTable),
            ("ALTER TABLE t ADD COLUMN b TEXT", psycopg.errors.DuplicateColumn),
            ("INSERT INTO t VALUES (2, 'x', 1) ON CONFLICT (b) DO NOTHING", psycopg.errors.InvalidColumnReference),
            ("SELECT a FROM t ORDER BY 2", psycopg.errors.InvalidColumnReference),
            ("INSERT INTO g VALUES (1, 2, 3)", psycopg.errors.SyntaxError),
            ("INSERT INTO g (b) VALUES (2)", psycopg.errors.GeneratedAlways),
            ("UPDATE g SET b = 2", psycopg.errors.GeneratedAlways),
            ("UPDATE v SET a = 2", psycopg.errors.ObjectNotInPrerequisiteState),
            ("SELECT a FROM t WHERE count(*) > 1", psycopg.errors.GroupingError),
            ("SELECT a FROM t WHERE row_number() OVER () > 1", psycopg.errors.WindowingError),
            ("DROP TABLE v", psycopg.errors.WrongObjectType),
            ("ALTER TABLE g DROP COLUMN a", psycopg.errors.DependentObjectsStillExist),
            ("CREATE TABLE k (a INT PRIMARY KEY, b INT PRIMARY KEY)", psycopg.errors.InvalidTableDefinition),
            ("CREATE TABLE k (a INT, FOREIGN KEY (b) REFERENCES t)", psycopg.errors.UndefinedColumn),
            ("WITH w AS (SELECT 1), w AS (SELECT 2) SELECT 1", psycopg.errors.DuplicateAlias),
            ("DROP INDEX nowhere", psycopg.errors.UndefinedObject),
        ]
        connection.execute("CREATE INDEX i ON t (b)")
        connection.execute("CREATE TABLE g (a INT, b INT GENERATED ALWAYS AS (a + 1) STORED, c INT)")
        connection.execute("CREATE VIEW v AS SELECT a FROM t")
        for sql, error in cases:
            with pytest.raises(error):
                connection.execute(sql)
                pytest.fail(sql)
        connection.execute("INSERT INTO t VALUES (1, 'x', 1)")
        with pytest.raises(psycopg.errors.UniqueViolation) as caught:
            connection.execute("INSERT INTO t VALUES (1, 'y', 1)")
    assert "t.a" in str(caught.value)
    shown = psql(pair.primary, "-c", "SELECT 1 +\n  FROM t").stderr
    assert "syntax error" in shown and "LINE 2" in shown and "^" in shown


@pytest.mark.parametrize("sql, code, fields", [
    ("INSERT INTO t (a) VALUES (2)", "23502", ("t", "b", None)),
    ("UPDATE t SET b = NULL", "23502", ("t", "b", None)),
    ("INSERT INTO t (b, c) VALUES ('x', 0)", "23514", (None, None, "positive")),
    ("INSERT INTO t (a, b) VALUES (1, 'x')", "23505", ("t", "a", "t_pkey")),
    ("INSERT INTO t (b, d) VALUES ('z', 1)", "23505", ("t", "d", "t_d_key")),
    ("INSERT INTO t (b, e, f) VALUES ('x', 1, 1)", "23505", ("t", None, "t_e_f_key")),
    ("INSERT INTO t (a, b, g, h) VALUES (2, 'x', 1, 1), (3, 'x', 2, 2), (4, 'x', 1, 1)", "23505", ("t", None, "Both")),
    ("INSERT INTO t (b, h, f) VALUES ('x', 1, 1)", "23505", ("t", None, "f_and_h")),
    ("UPDATE t SET b = 'X' RETURNING a", "23505", (None, None, "lower_b")),
    ("INSERT INTO u VALUES (7)", "23503", (None, None, None)),
])
def test_violated_constraints_are_named_as_far_as_sqlite_tells(shared_pair, sql, code, fields):
    with shared_pair.primary.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS u; DROP TABLE IF EXISTS t")
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL, c INT CONSTRAINT positive CHECK (c > 0), "
                           "d INT UNIQUE, e INT, f INT, g INT, h INT, UNIQUE (e, f), CONSTRAINT \"Both\" UNIQUE (g, h)); "
                           "CREATE TABLE u (a INT REFERENCES t); CREATE UNIQUE INDEX f_and_h ON t (f, h); "
                           "CREATE UNIQUE INDEX lower_b ON t (lower(b)) WHERE d IS NOT NULL")
        connection.execute("INSERT INTO t VALUES (1, 'x', 1, 1, 1, 1, NULL, 1), (9, 'y', 1, 9, 9, 9, NULL, 9)")
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(sql)
        told = caught.value.diag
        assert (told.sqlstate, (told.table_name, told.column_name, told.constraint_name)) == (code, fields)
        connection.execute("DROP TABLE u; DROP TABLE t")


def test_a_failed_transaction_refuses_everything_until_it_ends(pair):
    with pair.primary.connect(autocommit=False) as connection:
        connection.execute("CREATE TABLE t (a INT)")
        connection.commit()
        connection.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT * FROM nowhere")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("SELECT 1")
        connection.rollback()
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_savepoint_saves_a_failed_transaction(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT UNIQUE)")
        with connection.transaction():
            connection.execute("INSERT INTO t VALUES (1)")
            with pytest.raises(psycopg.errors.UniqueViolation):
                with connection.transaction():
                    connection.execute("INSERT INTO t VALUES (2)")
                    connection.execute("INSERT INTO t VALUES (1)")
            connection.execute("INSERT INTO t VALUES (3)")
    pair.wait_level()
    assert pair.replica.query("SELECT a FROM t ORDER BY a") == [(1,), (3,)]


@pytest.mark.parametrize("lock", ["FOR UPDATE", "FOR NO KEY UPDATE OF account SKIP LOCKED", "for share nowait", "FOR KEY SHARE"])
def test_what_is_selected_for_update_is_changed_by_nobody_until_the_block_ends(pair, lock):
    read = f"SELECT balance FROM account WHERE id = %s {lock}"
    with pair.primary.connect() as connection, pair.primary.connect() as other:
        connection.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, balance INT); INSERT INTO account VALUES (1, 100)")
        other.execute("SET lock_timeout = '200ms'")
        connection.execute("BEGIN")
        assert connection.execute(read, (1,)).fetchone() == (100,)
        for sql in (read.replace("%s", "1"), "UPDATE account SET balance = 0", f"DECLARE c CURSOR FOR {read}".replace("%s", "1")):
            other.execute("BEGIN")
            assert other.execute("SELECT balance FROM account").fetchone() == (100,)
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute(sql)
            other.execute("ROLLBACK")
        # Blocks that only read, and no blocks, lock nothing.
        other.execute("BEGIN READ ONLY")
        assert other.execute(read, (1,)).fetchone() == (100,)
        other.execute("COMMIT")
        assert other.execute(read, (1,)).fetchone() == (100,)
        connection.execute("UPDATE account SET balance = 90")
        connection.execute("COMMIT")
        other.execute("BEGIN")
        assert other.execute(read, (1,)).fetchone() == (90,)
        other.execute("COMMIT")
    pair.wait_level()
    with pair.replica.connect() as replica, replica.transaction():
        assert replica.execute(read, (1,)).fetchone() == (90,)


@pytest.mark.parametrize("lock", ["LOCK TABLE account", "lock only public.account, other in share mode", "LOCK account IN EXCLUSIVE MODE"])
def test_a_locked_table_is_changed_by_nobody_until_the_block_ends(pair, lock):
    with pair.primary.connect() as connection, pair.primary.connect() as other:
        connection.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, balance INT); CREATE TABLE other (a INT)")
        with pytest.raises(psycopg.errors.NoActiveSqlTransaction):
            connection.execute(lock)
        connection.execute("BEGIN")
        assert connection.execute(lock).statusmessage == "LOCK TABLE"
        other.execute("SET lock_timeout = '200ms'")
        for sql in (lock, "INSERT INTO account VALUES (1, 0)"):
            other.execute("BEGIN")
            assert other.execute("SELECT count(*) FROM account").fetchone() == (0,)
            assert other.execute("LOCK TABLE account IN ACCESS SHARE MODE").statusmessage == "LOCK TABLE"
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute(sql)
            other.execute("ROLLBACK")
        connection.execute("INSERT INTO account VALUES (1, 0)")
        connection.execute("COMMIT")
        other.execute("BEGIN READ ONLY")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            other.execute(lock)
        other.execute("ROLLBACK")
        other.execute("BEGIN")
        other.execute(lock)
        other.execute("COMMIT")
        other.execute("BEGIN")
        with pytest.raises(psycopg.errors.UndefinedTable):
            other.execute("LOCK TABLE account, nowhere")
        other.execute("ROLLBACK")
    with pair.replica.connect() as replica:
        replica.execute("BEGIN")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            replica.execute(lock)
    pair.assert_identical()


def test_with_nowait_nobody_waits_for_the_writer(pair):
    with pair.primary.connect() as connection, pair.primary.connect() as other:
        connection.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, balance INT)")
        # Without NOWAIT it would have the writer once the other block has been idle for too long.
        other.execute("SET lock_timeout = 0")
        other.execute("PREPARE locked AS SELECT id FROM account FOR UPDATE NOWAIT")
        for sql in ("SELECT id FROM account FOR UPDATE NOWAIT", "LOCK TABLE account NOWAIT", "EXECUTE locked"):
            for parameters in (None, ()):
                connection.execute("BEGIN")
                connection.execute("INSERT INTO account VALUES (1, 0)")
                other.execute("BEGIN")
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    other.execute(sql, parameters, prepare=parameters is not None)
                other.execute("ROLLBACK")
                connection.execute("ROLLBACK")
                other.execute("BEGIN")
                other.execute(sql)
                other.execute("COMMIT")


def test_who_selects_for_update_loses_no_update(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, balance INT); INSERT INTO account VALUES (1, 0)")

    def deposit(times):
        with pair.primary.connect() as connection:
            for _ in range(times):
                with connection.transaction():
                    balance, = connection.execute("SELECT balance FROM account WHERE id = 1 FOR UPDATE").fetchone()
                    connection.execute("UPDATE account SET balance = %s WHERE id = 1", (balance + 1,))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(deposit, [25] * 4))
    assert pair.primary.query("SELECT balance FROM account") == [(100,)]
    pair.assert_identical()


@pytest.mark.parametrize("sql", [
    "INSERT INTO t VALUES (1)", "CREATE TABLE u (a)", "DELETE FROM t", "BEGIN READ WRITE; INSERT INTO t VALUES (1); COMMIT"])
def test_a_replica_refuses_writes(pair, sql):
    pair.primary.query  # the table has to be there before the replica is asked
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS t (a INT)")
    pair.wait_level()
    with pair.replica.connect() as connection:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute(sql)


def test_a_read_only_transaction_refuses_writes_and_keeps_its_snapshot(pair):
    with pair.primary.connect() as connection, pair.primary.connect() as other:
        connection.execute("CREATE TABLE t (a INT)")
        connection.execute("BEGIN READ ONLY")
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
        other.execute("INSERT INTO t VALUES (1)")
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("INSERT INTO t VALUES (2)")
        connection.execute("ROLLBACK")
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)


def test_parameters_and_results_of_the_common_types_in_both_formats(pair):
    when = datetime.datetime(2026, 11, 21, 12, 30, 15, 123456)
    values = (True, 42, 2**40, 1.5, "Grüße", b"\x00\xff", when, when.date(), None)
    with pair.primary.connect() as connection:
        connection.execute(
            "CREATE TABLE t (flag BOOLEAN, small INT, big BIGINT, real DOUBLE PRECISION, text TEXT, bytes BLOB, "
            "at TIMESTAMP, day DATE, absent TEXT)")
        for binary in (False, True):
            connection.cursor(binary=binary).execute(
                f"INSERT INTO t VALUES ({', '.join(['%b' if binary else '%s'] * 9)})", values)
        for binary in (False, True):
            rows = connection.cursor(binary=binary).execute("SELECT * FROM t").fetchall()
            assert rows == [values, values]
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (2,)
        assert connection.execute("SELECT last_insert_rowid()").fetchone() == (2,)


@pytest.mark.parametrize("sql", [
    "SELECT a FROM t", "SELECT * FROM t", "SELECT *, a FROM t", "SELECT * FROM (SELECT a FROM t)", "WITH x AS (SELECT * FROM t) SELECT * FROM x",
    "UPDATE t SET a = a RETURNING *"])
def test_a_column_without_a_type_is_text_whatever_its_first_value_is(shared_pair, sql):
    """Its first value was an integer, which drivers then read all others as."""
    with shared_pair.primary.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute("CREATE TABLE t (a)")
        connection.execute("INSERT INTO t VALUES (1), (2.5), ('x')")
        rows = connection.execute(sql).fetchall()
        assert [set(row) for row in rows] == [{"1"}, {"2.5"}, {"x"}]


def test_pipelined_transactions_arrive_at_once(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        with connection.pipeline():
            for number in range(100):
                connection.execute("INSERT INTO t VALUES (%s)", (number,))
        assert connection.execute("SELECT count(*), sum(a) FROM t").fetchone() == (100, 4950)


def test_prepared_statements_are_kept_and_survive_schema_changes(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        for number in range(10):
            connection.execute("INSERT INTO t VALUES (%s)", (number,), prepare=True)
        connection.execute("ALTER TABLE t ADD COLUMN b TEXT DEFAULT 'x'")
        connection.execute("INSERT INTO t (a) VALUES (%s)", (10,), prepare=True)
        assert connection.execute("SELECT count(*), count(b) FROM t").fetchone() == (11, 11)


def test_pgbench_runs_a_script_of_its_own(pair, tmp_path):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, balance INT NOT NULL)")
        connection.execute(f"INSERT INTO account SELECT n, 0 FROM ({numbers(100)})")
    script = tmp_path / "script.sql"
    body = "BEGIN;\nUPDATE account SET balance = balance + 1 WHERE id = :id;\nSELECT balance FROM account WHERE id = :id;\nCOMMIT;\n"
    pipelined = f"\\startpipeline\n{body}\\endpipeline\n"
    for mode, text in [("simple", body), ("extended", body), ("prepared", body), ("extended", pipelined), ("prepared", pipelined)]:
        script.write_text("\\set id random(1, 100)\n" + text)
        result = subprocess.run(
            ["pgbench", "-n", "-h", "127.0.0.1", "-p", str(pair.primary.port), "-U", "any", "-c", "4", "-j", "2",
             "-t", "50", "-M", mode, "-f", str(script), "any"], capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, result.stderr
        assert "number of transactions actually processed: 200/200" in result.stdout
    assert pair.primary.query("SELECT sum(balance) FROM account") == [(1000,)]
    pair.assert_identical()


SYSBENCH = pathlib.Path(__file__).parent.parent.parent / "Benchmarks" / "book.lua"


@pytest.mark.parametrize("mode", ["insert", "update", "select", "insert1k"])
def test_sysbench_runs_with_its_postgresql_driver(pair, mode):
    with pair.primary.connect() as connection:
        connection.execute(
            "CREATE TABLE book (id INTEGER PRIMARY KEY, title VARCHAR(200), created_at TIMESTAMP, updated_at TIMESTAMP)")
        connection.execute(
            "INSERT INTO book (title, created_at, updated_at) SELECT 'title ' || n, CURRENT_TIMESTAMP(6), "
            f"CURRENT_TIMESTAMP(6) FROM ({numbers(1000)})")
    result = subprocess.run(
        ["sysbench", str(SYSBENCH), f"--mode={mode}", "--rows=1000", "--threads=8", "--time=1", "--db-driver=pgsql",
         "--pgsql-host=127.0.0.1", f"--pgsql-port={pair.primary.port}", "--pgsql-user=any", "--pgsql-password=any",
         "--pgsql-db=any", "run"], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "ignored errors:                      0" in result.stdout
    pair.assert_identical()


def stock_sysbench(node, script, command):
    """One of the scripts that sysbench brings along, on one table of 200 rows."""
    done = subprocess.run(
        ["sysbench", script, "--db-driver=pgsql", "--pgsql-host=127.0.0.1", f"--pgsql-port={node.port}",
         "--pgsql-user=any", "--pgsql-password=any", "--pgsql-db=any", "--tables=1", "--table-size=200",
         "--threads=2", "--events=100", "--time=0", "--rand-seed=7", command],
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "FATAL" not in done.stdout + done.stderr, done.stdout + done.stderr
    return done.stdout


def sums(before, after):
    """How many rows there are more, and by how much `k` has grown."""
    return len(after) - len(before), sum(row[1] for row in after) - sum(row[1] for row in before)


# What is true of the table behind a hundred events of each script.
STOCK = {
    "oltp_point_select": lambda before, after: after == before,
    "oltp_read_only": lambda before, after: after == before,
    "oltp_insert": lambda before, after: len(after) == 300 and after[:200] == before and after[-1][0] == 300,
    "oltp_update_index": lambda before, after: sums(before, after) == (0, 100),
    "oltp_update_non_index": lambda before, after: sums(before, after) == (0, 0) and after != before,
    "oltp_delete": lambda before, after: 100 <= len(after) < 200 and set(after) < set(before),
    # A row that is deleted is inserted again in the same transaction.
    "oltp_write_only": lambda before, after: [row[0] for row in after] == list(range(1, 201)) and after != before,
    "oltp_read_write": lambda before, after: [row[0] for row in after] == list(range(1, 201)) and after != before,
}


@pytest.mark.parametrize("script", STOCK)
def test_sysbenchs_own_scripts_run_and_leave_the_same_on_both_nodes(pair, script):
    rows = "SELECT id, k, c, pad FROM sbtest1 ORDER BY id"
    stock_sysbench(pair.primary, script, "prepare")
    before = pair.primary.query(rows)
    assert len(before) == 200 and all(len(c.rstrip()) == 119 and len(pad.rstrip()) == 59 for _, _, c, pad in before)
    told = stock_sysbench(pair.primary, script, "run")
    for what in ("ignored errors: *0 ", "reconnects: *0 ", "total number of events: *100$"):
        assert re.search(what, told, re.M), told
    after = pair.primary.query(rows)
    assert STOCK[script](before, after), (before, after)
    pair.wait_level()
    assert pair.replica.query(rows) == after
    counts = "SELECT count(*), count(DISTINCT id), sum(k), min(c), max(pad) FROM sbtest1"
    assert pair.replica.query(counts) == pair.primary.query(counts)
    indexes = "SELECT indexname FROM pg_indexes WHERE tablename = 'sbtest1' ORDER BY indexname"
    assert pair.replica.query(indexes) == [("k_1",), ("sbtest1_pkey",)]
    assert "Dropping table 'sbtest1'" in stock_sysbench(pair.primary, script, "cleanup")
    with pytest.raises(psycopg.errors.UndefinedTable):
        pair.primary.query(rows)
    pair.assert_identical()


def test_what_is_no_position_has_no_outcome(pair):
    with pair.primary.connect() as connection:
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="'foo' is no position"):
            connection.execute("SELECT tandem_outcome('foo')")


def test_a_statement_timeout_is_said_to_be_one(pair):
    for node in pair.nodes:
        with node.connect() as connection:
            connection.execute("SET statement_timeout = '200ms'")
            with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
                connection.execute(
                    "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r")
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_names_that_a_statement_gives_to_its_columns_stay(shared_pair):
    """Without AS, beside what is translated, they were called ?column?."""
    with shared_pair.primary.connect() as connection:
        cursor = connection.execute(
            "SELECT v.a b, 1 c, v.a + 1 d, NOT v.a e, true f, NULL g, now()::date h, -v.a i, 'x' j, v.a k FROM (VALUES (1)) AS v (a)")
        assert [column.name for column in cursor.description] == list("bcdefghijk")
