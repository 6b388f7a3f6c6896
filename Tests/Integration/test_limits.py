"""What ends statements and sessions that take too long, and what a session may ask for."""

import contextlib
import struct
import threading
import time

import psycopg
import pytest

from conftest import wait_until
from memory import MIB, forget_peak, peak, resident
from test_memory import startup
from wire import BIND, SYNC, Wire, errors, execute, message, parse, query, tags

ENDLESS = "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) "
ENDLESS_READ = ENDLESS + "SELECT count(*) FROM r"
ENDLESS_WRITE = "INSERT INTO t " + ENDLESS + "SELECT n FROM r WHERE n < 0"


@pytest.fixture
def table(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
    return pair


@pytest.mark.parametrize("sql", [ENDLESS_READ, ENDLESS_WRITE])
@pytest.mark.parametrize("in_block", [False, True])
def test_statement_timeout_stops_reads_and_writes(table, sql, in_block):
    with table.primary.connect() as connection:
        connection.execute("SET statement_timeout = '300ms'")
        with pytest.raises(psycopg.errors.QueryCanceled) as caught:
            if in_block:
                with connection.transaction():
                    connection.execute("INSERT INTO t VALUES (1)")
                    connection.execute(sql)
            else:
                connection.execute(sql)
        assert caught.value.diag.message_primary == "canceling statement due to statement timeout"
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
        connection.execute("INSERT INTO t VALUES (2)")
    table.assert_identical()


@pytest.mark.parametrize("sql", [ENDLESS_READ, ENDLESS_WRITE])
def test_a_cancelled_statement_says_so_and_the_session_goes_on(table, sql):
    with table.primary.connect() as connection:
        errors = []

        def run():
            try:
                connection.execute(sql)
            except psycopg.Error as error:
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()

        def is_cancelled():
            connection.cancel()
            thread.join(0.2)
            return not thread.is_alive()

        wait_until(is_cancelled, what="it is cancelled")
        assert isinstance(errors[0], psycopg.errors.QueryCanceled)
        connection.execute("INSERT INTO t VALUES (2)")
    table.assert_identical()


@pytest.mark.parametrize("keeper", ["SELECT pg_sleep(60)", "BEGIN READ ONLY; SELECT count(*) FROM t"], ids=["thread", "reader"])
def test_a_read_that_waits_for_a_reader_ends_in_time_and_when_it_is_cancelled(make_pair, keeper):
    """There is one thread for reads, or one reader: the first is busy, or the second is kept by a block."""
    node = make_pair(replicas=0, acknowledgements="0", primary_options=["--maximum-readers", "1"]).start().primary
    with node.connect() as busy, node.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        running = threading.Thread(target=quietly, args=[busy, keeper])
        running.start()
        connection.execute("SET statement_timeout = '300ms'")
        error = wait_until(lambda: quietly(connection, "SELECT count(*) FROM pg_class"), what="there is no reader")
        assert isinstance(error, psycopg.errors.QueryCanceled) and "statement timeout" in str(error)
        begin = time.monotonic()
        assert "statement timeout" in str(quietly(connection, "SELECT count(*) FROM pg_class"))
        assert time.monotonic() - begin < 5
        connection.execute("SET statement_timeout = 0")
        errors = []
        waiting = threading.Thread(target=lambda: errors.append(quietly(connection, "SELECT count(*) FROM pg_class")))
        waiting.start()
        while waiting.is_alive():
            connection.cancel()
            waiting.join(0.1)
        assert isinstance(errors[0], psycopg.errors.QueryCanceled) and "user request" in str(errors[0])
        while running.is_alive():
            busy.cancel()
            running.join(0.1)
        busy.execute("ROLLBACK")
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_the_wait_for_the_writer_counts_for_statement_timeout(table):
    with table.primary.connect() as holder, table.primary.connect() as connection:
        holder.execute("BEGIN")
        holder.execute("INSERT INTO t VALUES (1)")
        connection.execute("SET statement_timeout = '300ms'")
        connection.execute("SET lock_timeout = 0")
        for sql in ["INSERT INTO t VALUES (2)", "BEGIN; INSERT INTO t VALUES (2)"]:
            error = quietly(connection, sql)
            assert isinstance(error, psycopg.errors.QueryCanceled) and "statement timeout" in str(error)
            connection.execute("ROLLBACK")
        holder.execute("COMMIT")
        # What was waited for the writer is not waited for again.
        connection.execute("INSERT INTO t VALUES (3)")
    assert table.primary.query("SELECT a FROM t ORDER BY a") == [(1,), (3,)]


def test_savepoints_outlive_a_wait_for_the_writer_that_takes_too_long(table):
    with table.primary.connect() as holder, table.primary.connect() as connection:
        holder.execute("BEGIN")
        holder.execute("INSERT INTO t VALUES (1)")
        connection.execute("SET statement_timeout = '300ms'")
        connection.execute("SET lock_timeout = 0")
        connection.execute("BEGIN")
        connection.execute("SAVEPOINT a")
        assert isinstance(quietly(connection, "INSERT INTO t VALUES (2)"), psycopg.errors.QueryCanceled)
        holder.execute("COMMIT")
        connection.execute("ROLLBACK TO a")
        connection.execute("SET statement_timeout = 0")
        connection.execute("INSERT INTO t VALUES (3)")
        connection.execute("ROLLBACK TO a")
        connection.execute("INSERT INTO t VALUES (4)")
        connection.execute("COMMIT")
    assert table.primary.query("SELECT a FROM t ORDER BY a") == [(1,), (4,)]


@pytest.mark.parametrize("in_block", [False, True])
def test_a_copy_whose_client_sends_nothing_ends_in_time(table, in_block):
    with Wire(table.primary) as client:
        client.send(query("SET statement_timeout = '300ms'"))
        client.ready()
        if in_block:
            client.send(query("BEGIN; INSERT INTO t VALUES (1)"))
            client.ready()
        client.send(query("COPY t FROM STDIN"), message(b"d", b"2\n"))
        assert errors(client.ready()) == ["57014"]
        client.send(query("ROLLBACK"), query("SELECT 1"))
        assert tags(client.ready(2)) == ["ROLLBACK", "SELECT 1"]
    assert table.primary.query("SELECT count(*) FROM t") == [(0,)]


def quietly(connection, sql):
    """Runs a statement, and gives its error, if it has one."""
    try:
        connection.execute(sql)
    except psycopg.Error as error:
        return error


def test_statement_timeout_holds_from_the_configuration_and_until_it_is_set(make_pair):
    pair = make_pair(primary_options=["--statement-timeout", "200ms"]).start()
    with pair.primary.connect() as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("200ms",)
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute(ENDLESS_READ)
        connection.execute("SET statement_timeout = 0")
        assert connection.execute(
            ENDLESS + "SELECT count(*) FROM (SELECT n FROM r LIMIT 3000000)").fetchone() == (3_000_000,)


def test_lock_timeout_holds_from_the_configuration_and_until_it_is_set(make_pair):
    pair = make_pair(primary_options=["--lock-timeout", "200ms"]).start()
    with pair.primary.connect() as holder, pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        assert connection.execute("SHOW lock_timeout").fetchone() == ("200ms",)
        holder.execute("BEGIN; INSERT INTO t VALUES (1)")
        assert isinstance(quietly(connection, "INSERT INTO t VALUES (2)"), psycopg.errors.LockNotAvailable)
        # It waits then for as long as the other one takes.
        connection.execute("SET lock_timeout = 0")
        failures = []
        waiting = threading.Thread(target=lambda: failures.append(quietly(connection, "INSERT INTO t VALUES (3)")))
        waiting.start()
        wait_until(lambda: pair.primary.status()["waiting_transactions"], what="it waits")
        holder.execute("COMMIT")
        waiting.join(60)
        assert failures == [None]
    assert pair.primary.query("SELECT a FROM t ORDER BY a") == [(1,), (3,)]


def ended(connection, error):
    """The session has been ended by the node, with this error."""
    with pytest.raises((error, psycopg.OperationalError)) as caught:
        wait_until(lambda: connection.execute("SELECT 1") and False, 10, "the session is ended")
    return caught


def test_an_idle_session_is_ended_by_its_setting_and_by_the_configuration(make_pair):
    pair = make_pair(primary_options=["--idle-session-timeout", "400ms"]).start()
    with psycopg.connect(host="127.0.0.1", port=pair.replica.port, user="t", dbname="t", autocommit=True) as chosen:
        chosen.execute("SET idle_session_timeout = '300ms'")
        configured = pair.primary.connect()
        kept = pair.primary.connect()
        kept.execute("SET idle_session_timeout = 0")
        time.sleep(1)
        for connection in (chosen, configured):
            with pytest.raises(psycopg.Error) as caught:
                connection.execute("SELECT 1")
            assert caught.value.sqlstate in ("57P05", None)
            assert connection.closed
        assert kept.execute("SELECT 1").fetchone() == (1,)


def test_a_block_that_keeps_nothing_is_ended_only_by_its_own_setting(make_pair):
    pair = make_pair(primary_options=["--idle-in-transaction-timeout", "300ms"]).start()
    with pair.primary.connect() as patient, pair.primary.connect() as impatient:
        impatient.execute("SET idle_in_transaction_session_timeout = '200ms'")
        for connection in (patient, impatient):
            connection.execute("BEGIN")
            connection.execute("SELECT 1")
        time.sleep(1)
        assert patient.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(psycopg.Error):
            impatient.execute("SELECT 1")


def test_a_client_that_reads_nothing_loses_its_reader(make_pair):
    # One loop takes what was sent first first.
    options = ["--slow-reader-timeout", "500ms", "--maximum-readers", "1", "--event-loops", "1"]
    pair = make_pair(primary_options=options).start()
    query = (ENDLESS + "SELECT printf('%01000d', n) FROM r LIMIT 100000").encode()
    with startup(pair.primary.port) as connection:
        connection.sendall(b"Q" + struct.pack("!i", 4 + len(query) + 1) + query + b"\0")
        wait_until(lambda: pair.primary.query("SELECT 1"), 30, "the only reader is free again")
        received = b""
        while data := connection.recv(1 << 20):
            received = (received + data)[-1000:]
        assert b"does not read its answer" in received


def test_a_transaction_that_has_written_streams_its_rows_and_goes_on_when_they_are_cancelled(table):
    """What it answers is sent while it is made, in bounded memory, and nobody waits longer for it than for an idle one."""
    endless = ENDLESS + "SELECT n, printf('%01000d', n) FROM r"
    with table.primary.connect() as connection:
        connection.execute("BEGIN")
        connection.execute("INSERT INTO t VALUES (-1)")
        connection.execute("SAVEPOINT before")
        forget_peak(table.primary)
        before = resident(table.primary)
        # Closed whatever happens: until then the driver lets nobody else use the connection.
        with contextlib.closing(connection.cursor().stream(endless)) as rows:
            assert [next(rows)[0] for _ in range(100_000)] == list(range(1, 100_001))
            assert peak(table.primary) - before < 50 * MIB
        connection.execute("ROLLBACK TO before")
        connection.execute("INSERT INTO t VALUES (-2)")
        connection.execute("COMMIT")
    assert table.primary.query("SELECT a FROM t WHERE a < 0 ORDER BY a") == [(-2,), (-1,)]


def test_a_client_that_reads_nothing_loses_its_transaction(make_pair):
    pair = make_pair(primary_options=["--slow-reader-timeout", "500ms"]).start()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
    with startup(pair.primary.port) as connection:
        for sql in ("BEGIN; INSERT INTO t VALUES (1)", ENDLESS + "SELECT printf('%01000d', n) FROM r"):
            connection.sendall(b"Q" + struct.pack("!i", 4 + len(sql) + 1) + sql.encode() + b"\0")
        wait_until(lambda: pair.primary.query("INSERT INTO t VALUES (2) RETURNING a"), 30, "the writer is free again")
    assert pair.primary.query("SELECT a FROM t") == [(2,)]


def test_a_client_that_reads_drop_by_drop_loses_its_transaction(make_pair):
    """Each time it takes something, and all the same everybody else waits for it."""
    pair = make_pair(primary_options=["--slow-reader-timeout", "2s"]).start()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
    ended = threading.Event()
    with startup(pair.primary.port) as connection:
        for sql in ("BEGIN; INSERT INTO t VALUES (1)", ENDLESS + "SELECT printf('%01000d', n) FROM r"):
            connection.sendall(b"Q" + struct.pack("!i", 4 + len(sql) + 1) + sql.encode() + b"\0")

        def read():
            try:
                while connection.recv(1 << 15):
                    ended.wait(0.05)
            except OSError:
                pass
        reader = threading.Thread(target=read)
        reader.start()
        wait_until(lambda: pair.primary.query("INSERT INTO t VALUES (2) RETURNING a"), 30, "the writer is free again")
        ended.set()
        reader.join(30)
        assert not reader.is_alive()
    assert pair.primary.query("SELECT a FROM t") == [(2,)]


def test_the_answers_that_all_sessions_hold_are_bounded_together(make_pair):
    options = ["--maximum-held-answers", "4MiB", "--maximum-answer-files", "1MiB"]
    node = make_pair(replicas=0, acknowledgements="0", primary_options=options).start().primary
    rows = "SELECT zeroblob(1 << 16) FROM generate_series(1, 24)"
    with node.connect() as connection, node.connect() as other:
        connection.execute("CREATE TABLE t (a INT)")
        connection.execute("BEGIN")
        # 3 MiB, in hexadecimal digits.
        connection.execute(f"DECLARE c CURSOR FOR {rows}")
        # What is to be fetched would go to the disk then.
        with pytest.raises(psycopg.errors.ConfigurationLimitExceeded) as refusal:
            other.execute(f"BEGIN; DECLARE c CURSOR FOR {rows}")
        assert "--maximum-answer-files" in refusal.value.diag.message_hint
        other.execute("ROLLBACK")
        with pytest.raises(psycopg.errors.OutOfMemory) as refusal:
            other.execute(f"INSERT INTO t VALUES (1); {rows}")
        assert "--maximum-held-answers" in refusal.value.diag.message_hint
        assert other.execute(rows).rowcount == 24, "what is sent while it is made is held nowhere"
        connection.execute("CLOSE c")
        for sql in (f"BEGIN; DECLARE c CURSOR FOR {rows}; COMMIT", f"INSERT INTO t VALUES (1); {rows}") * 2:
            other.execute(sql)
        # What was fetched to its end is held no longer, although the cursor stays.
        connection.execute(f"DECLARE c CURSOR FOR {rows}")
        assert len(connection.execute("FETCH ALL c").fetchall()) == 24

        def has_room():
            try:
                return other.execute(f"BEGIN; DECLARE c CURSOR FOR {rows}; COMMIT")
            except psycopg.errors.ConfigurationLimitExceeded:
                other.execute("ROLLBACK")
        wait_until(has_room, 30, "the node knows that the rows have been read")
    # A pipeline of 16 MiB, whose client reads what was answered.
    with Wire(node) as client:
        client.send(parse("SELECT zeroblob(1 << 16) FROM generate_series(1, 2)"), *[BIND, execute(9)] * 64, SYNC)
        told = client.ready()
        assert not errors(told) and tags(told) == ["SELECT 2"] * 64
    assert node.query("SELECT count(*) FROM t") == [(2,)]


def test_a_session_is_told_what_is_too_long_or_too_much(table):
    with table.primary.connect() as connection:
        with pytest.raises(psycopg.errors.ProgramLimitExceeded):
            connection.execute("SELECT '" + "x" * (17 << 20) + "'")
        with pytest.raises(psycopg.errors.ProgramLimitExceeded):
            connection.execute("SELECT %s, '" + "x" * (17 << 20) + "'", (1,))
        with pytest.raises(psycopg.errors.ConfigurationLimitExceeded):
            for number in range(10):
                connection.execute(f"SELECT {number}, %s, '" + "x" * (15 << 20) + "'", (1,), prepare=True)
        with pytest.raises(psycopg.errors.ConfigurationLimitExceeded):
            for number in range(10):
                connection.execute(f"PREPARE p{number} AS SELECT '" + "x" * (15 << 20) + "'")
        connection.execute("DEALLOCATE ALL")
        with pytest.raises(psycopg.errors.ConfigurationLimitExceeded), connection.transaction():
            for number in range(30):
                connection.execute(f"DECLARE c{number} CURSOR FOR SELECT 1 WHERE 'x' = '" + "x" * (15 << 20) + "'")
        # A value may be longer than a statement.
        assert connection.execute("SELECT length(%s)", ("x" * (20 << 20),)).fetchone() == (20 << 20,)
        with pytest.raises(psycopg.Error):
            connection.execute(f"SELECT {', '.join(['%s'] * 40_000)}", tuple(range(40_000)))
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("time", ["999999999999min", "2147483648", "25d", "1e300", "-1", "soon"])
@pytest.mark.parametrize("name", ["statement_timeout", "lock_timeout", "tandem.commit_timeout", "idle_session_timeout"])
def test_a_time_beyond_postgresqls_is_refused(shared_pair, name, time):
    with shared_pair.primary.connect() as connection:
        before = connection.execute(f"SHOW {name}").fetchone()
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            connection.execute(f"SET {name} = '{time}'")
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT set_config(%s, %s, false)", (name, time))
        with pytest.raises(psycopg.OperationalError):
            shared_pair.primary.connect(options=f"-c {name}={time}")
        assert connection.execute(f"SHOW {name}").fetchone() == before
        connection.execute(f"SET {name} = '24d'")
        assert connection.execute(f"SHOW {name}").fetchone() == ("2073600s",)


def test_settings_and_savepoints_take_a_bounded_part_of_memory(shared_pair):
    long = "x" * (65 << 10)
    with shared_pair.primary.connect() as connection:
        for name in ["a.b", "application_name", "search_path"]:
            with pytest.raises(psycopg.errors.InvalidParameterValue):
                connection.execute(f"SET {name} = '{long}'")
        with pytest.raises(psycopg.errors.InvalidName):
            connection.execute(f"SET a.{'b' * 300} = 1")
        for values in ["x", "x" * (60 << 10)]:
            with pytest.raises(psycopg.errors.ConfigurationLimitExceeded):
                for number in range(1_001):
                    connection.execute(f"SET a.b{number} = '{values}'")
            connection.execute("SET a.b0 = 'another value'")
            connection.execute("RESET ALL")
            connection.execute("SET a.b0 = 'again'")
        with connection.transaction():
            with pytest.raises(psycopg.errors.NameTooLong), connection.transaction():
                connection.execute(f"SAVEPOINT {'s' * 300}")
        connection.execute("BEGIN")
        with pytest.raises(psycopg.errors.ConfigurationLimitExceeded):
            for _ in range(14):
                connection.execute("SAVEPOINT s; " * 5_000)
        connection.execute("ROLLBACK")
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("size", [1 << 20, 5 << 20, 20 << 20])
def test_messages_longer_than_may_wait_are_run_in_their_order(table, size):
    with table.primary.connect() as connection:
        for _ in range(3):
            assert connection.execute("SELECT length(%s), %s", ("x" * size, 7), prepare=True).fetchone() == (size, 7)
        with connection.pipeline():
            for number in range(5):
                connection.execute("INSERT INTO t SELECT %s WHERE length(%s) > 0", (number, "x" * size))
            assert connection.execute("SELECT a FROM t").fetchall() == [(number,) for number in range(5)]


def test_thousands_of_pipelined_messages_are_run_in_their_order(table):
    with table.primary.connect() as connection, connection.pipeline():
        cursors = [connection.execute("SELECT %s::int", (number,)) for number in range(8_000)]
        assert [cursor.fetchone()[0] for cursor in cursors] == list(range(8_000))
