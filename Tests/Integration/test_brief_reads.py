"""Statements that are over soon run on the session loop itself; all others leave it at once, and nobody sees a difference.

The nodes have one session loop and one reader thread: while that is busy, only what runs on the loop is answered."""

import contextlib
import shutil
import struct
import threading

import psycopg
import pytest
from psycopg.types.numeric import Int8

from conftest import Pair, wait_until
from test_limits import ENDLESS_READ
from test_memory import startup

UP_TO = "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < %s) SELECT sum(n) FROM r"
ENDLESSLY = Int8(1 << 62)
# The reader thread has to be done with a statement quickly once before it is tried on the loop.
RUNS = 300
OPTIONS = ["--maximum-readers", "1", "--event-loops", "1"]


@pytest.fixture(scope="module")
def brief_pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("brief")
    pair = Pair(folder, primary_options=OPTIONS, replica_options=OPTIONS).start()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x INT)")
        connection.execute("INSERT INTO t WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5000)"
                           " SELECT n, n FROM r")
    pair.wait_level()
    yield pair
    pair.kill()
    shutil.rmtree(folder)


@pytest.fixture
def session(brief_pair):
    with brief_pair.primary.connect() as connection:
        yield connection


def simple(connection, sql):
    """By the simple protocol."""
    result = connection.pgconn.exec_(sql.encode())
    assert result.status == psycopg.pq.ExecStatus.TUPLES_OK, result.error_message
    return [tuple(result.get_value(row, column).decode() for column in range(result.nfields))
            for row in range(result.ntuples)]


def warm(connection, sql, parameters=()):
    for _ in range(RUNS):
        rows = connection.execute(sql, parameters, prepare=True).fetchall()
    return rows


@contextlib.contextmanager
def busy_reader(node):
    """The one reader thread runs a query that never ends."""
    with node.connect() as connection:
        connection.execute("SET statement_timeout = '60s'")  # Nothing hangs if the test fails.
        thread = threading.Thread(
            target=lambda: pytest.raises(psycopg.errors.QueryCanceled, connection.execute, ENDLESS_READ))
        thread.start()
        # What is sent after it is taken after it.
        wait_until(lambda: connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE, what="it is sent")
        try:
            yield
        finally:
            while thread.is_alive():
                connection.cancel()
                thread.join(0.1)


@pytest.mark.parametrize("role", ["primary", "replica"])
def test_a_brief_read_is_answered_while_all_reader_threads_are_busy(brief_pair, role):
    node = getattr(brief_pair, role)
    with node.connect() as connection:
        sql = "SELECT x FROM t WHERE id = %s"
        assert warm(connection, sql, (Int8(7),)) == [(7,)]
        for _ in range(RUNS):
            assert simple(connection, "SELECT x FROM t WHERE id = 8") == [("8",)]
        with busy_reader(node):
            # What waited for the reader would be cancelled when that is, and fail.
            connection.execute("SET statement_timeout = '30s'")
            for number in range(1, 50):
                assert connection.execute(sql, (Int8(number),), prepare=True).fetchall() == [(number,)]
                assert simple(connection, "SELECT x FROM t WHERE id = 8") == [("8",)]


def test_brief_reads_of_a_block_see_the_last_commit_and_wait_for_no_reader(brief_pair, session):
    sql = "SELECT x FROM t WHERE id = %s"
    read = lambda number: session.execute(sql, (Int8(number),), prepare=True).fetchall()
    warm(session, sql, (Int8(7),))
    with brief_pair.primary.connect() as other, busy_reader(brief_pair.primary):
        session.execute("SET statement_timeout = '30s'")
        session.execute("BEGIN")
        for number in range(1, 50):
            assert read(number) == [(number,)]
        other.execute("UPDATE t SET x = -7 WHERE id = 7")
        assert read(7) == [(-7,)]
        # Once it has written it has the writer, and reads there.
        session.execute("UPDATE t SET x = 70 WHERE id = 7")
        assert read(7) == [(70,)]
        session.execute("UPDATE t SET x = 7 WHERE id = 7")
        session.execute("COMMIT")
        assert read(7) == [(7,)]
        session.execute("BEGIN")
        with pytest.raises(psycopg.errors.SyntaxError):
            session.execute("SELEC")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            read(8)
        session.execute("ROLLBACK")


@pytest.mark.parametrize("begin, seen", [("BEGIN", 9), ("BEGIN READ ONLY", 8), ("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", 8)])
def test_a_block_that_keeps_a_state_reads_nothing_on_the_loop(brief_pair, session, begin, seen):
    sql = "SELECT x FROM t WHERE id = %s"
    warm(session, sql, (Int8(8),))
    with brief_pair.primary.connect() as other:
        session.execute(begin)
        assert session.execute(sql, (Int8(8),), prepare=True).fetchall() == [(8,)]
        other.execute("UPDATE t SET x = 9 WHERE id = 8")
        assert session.execute(sql, (Int8(8),), prepare=True).fetchall() == [(seen,)]
        session.execute("COMMIT")
        assert session.execute(sql, (Int8(8),), prepare=True).fetchall() == [(9,)]
        other.execute("UPDATE t SET x = 8 WHERE id = 8")


@pytest.mark.parametrize("setting, message", [
    ("'300ms'", "canceling statement due to statement timeout"), ("0", "canceling statement due to user request")])
def test_a_statement_that_turns_out_long_leaves_the_loop_and_is_still_cancelled(brief_pair, session, setting, message):
    assert warm(session, UP_TO, (Int8(9),)) == [(45,)]
    with brief_pair.primary.connect() as other:
        warm(other, "SELECT x FROM t WHERE id = %s", (Int8(1),))
        session.execute(f"SET statement_timeout = {setting}")
        caught = []

        def run():
            with pytest.raises(psycopg.errors.QueryCanceled) as error:
                session.execute(UP_TO, (ENDLESSLY,), prepare=True)
            caught.append(error.value.diag.message_primary)

        thread = threading.Thread(target=run)
        thread.start()
        while thread.is_alive():
            # The others go on meanwhile.
            assert other.execute("SELECT x FROM t WHERE id = %s", (Int8(1),), prepare=True).fetchall() == [(1,)]
            if setting == "0":
                session.cancel()
            thread.join(0.02)
        assert caught == [message]
    assert session.execute(UP_TO, (Int8(9),), prepare=True).fetchall() == [(45,)]


def test_each_write_is_seen_by_the_next_read_of_whichever_session(brief_pair, session):
    sql = "SELECT x FROM t WHERE id = %s"
    warm(session, sql, (Int8(1),))
    with brief_pair.primary.connect() as other:
        warm(other, sql, (Int8(1),))
        for number in range(100):
            session.execute("UPDATE t SET x = %s WHERE id = 2", (number,))
            for reader in (session, other):
                assert reader.execute(sql, (Int8(2),), prepare=True).fetchone() == (number,)


def test_a_session_is_told_its_own_last_insert_and_changes(brief_pair, session):
    sql = "SELECT last_insert_rowid(), changes(), total_changes()"
    with brief_pair.primary.connect() as other:
        for connection in (session, other):
            warm(connection, sql)
        session.execute("INSERT INTO t VALUES (10001, 1)")
        other.execute("INSERT INTO t VALUES (10002, 1), (10003, 1)")
        for _ in range(3):
            assert session.execute(sql, prepare=True).fetchone() == (10001, 1, 1)
            assert other.execute(sql, prepare=True).fetchone() == (10003, 2, 2)
        for connection in (session, other):
            connection.execute("DELETE FROM t WHERE id > 10000")


def test_nothing_unacknowledged_is_seen(brief_pair, session):
    sql = "SELECT x FROM t WHERE id = %s"
    warm(session, sql, (Int8(20_000),))
    with brief_pair.replica.connect() as there, brief_pair.primary.connect() as writer:
        warm(there, sql, (Int8(20_000),))
        brief_pair.replica.pause()
        try:
            thread = threading.Thread(target=writer.execute, args=("INSERT INTO t VALUES (20000, 3)",))
            thread.start()
            brief_pair.primary.wait_commit_waits()
            for _ in range(20):
                assert session.execute(sql, (Int8(20_000),), prepare=True).fetchall() == []
        finally:
            brief_pair.replica.resume()
        thread.join(20)
        assert session.execute(sql, (Int8(20_000),), prepare=True).fetchall() == [(3,)]
        brief_pair.wait_level()
        assert there.execute(sql, (Int8(20_000),), prepare=True).fetchall() == [(3,)]


def error_fields(connection, sql, parameters):
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(sql, parameters, prepare=True).fetchall()
    return {name: getattr(caught.value.diag, name) for name in dir(caught.value.diag)
            if not name.startswith("_") and isinstance(getattr(caught.value.diag, name), (str, type(None)))}


def test_an_error_is_told_as_by_a_reader_thread(brief_pair, session):
    sql = "SELECT abs(x - 1 + %s) FROM t WHERE id = 1"
    warm(session, sql, (Int8(1),))
    with brief_pair.primary.connect() as other:
        expected = error_fields(other, sql, (Int8(-(1 << 63)),))
        assert expected["message_primary"] == "integer overflow"
    assert error_fields(session, sql, (Int8(-(1 << 63)),)) == expected
    assert session.execute(sql, (Int8(2),), prepare=True).fetchall() == [(2,)]


def test_a_table_that_changes_under_a_prepared_statement_is_noticed(brief_pair, session):
    with brief_pair.primary.connect() as other:
        other.execute("CREATE TABLE u (a INT)")
        other.execute("INSERT INTO u VALUES (1)")
        assert warm(session, "SELECT * FROM u") == [(1,)]
        warm(session, "SELECT a FROM u")
        other.execute("ALTER TABLE u ADD COLUMN b TEXT DEFAULT 'x'")
        assert session.execute("SELECT * FROM u", prepare=True).fetchall() == [(1, "x")]
        other.execute("DROP TABLE u")
        with pytest.raises(psycopg.errors.UndefinedTable):
            session.execute("SELECT a FROM u", prepare=True)


def test_long_answers_and_long_values_are_whole(session):
    sql = "SELECT id, x FROM t WHERE id <= %s ORDER BY id"
    warm(session, sql, (Int8(2),))
    rows = session.execute(sql, (Int8(5_000),), prepare=True).fetchall()
    assert [row[0] for row in rows] == list(range(1, 5_001))
    session.execute("CREATE TABLE long (id INTEGER PRIMARY KEY, v TEXT)")
    session.execute("INSERT INTO long VALUES (1, 'a'), (2, %s), (3, %s)", ("b" * 200_000, "c" * 400_000))
    for number, length in ((1, 1), (2, 200_000), (3, 400_000)):
        warm(session, "SELECT v FROM long WHERE id = %s", (Int8(1),))
        ((value,),) = session.execute("SELECT v FROM long WHERE id = %s", (Int8(number),), prepare=True).fetchall()
        assert len(value) == length
    session.execute("DROP TABLE long")


def test_thousands_of_reads_sent_at_once_are_answered_in_their_order(brief_pair, session):
    sql = "SELECT x FROM t WHERE id = %s"
    warm(session, sql, (Int8(1),))
    with session.pipeline():
        cursors = [session.execute(sql, (Int8(3 + number % 4_000),), prepare=True) for number in range(5_000)]
        got = [cursor.fetchone() for cursor in cursors]
    assert got == [(3 + number % 4_000,) for number in range(5_000)]


def message(kind, body):
    return kind + struct.pack("!i", 4 + len(body)) + body


def test_a_portal_gives_its_rows_in_the_pieces_that_are_asked_for(brief_pair):
    parse = message(b"P", b"s\0SELECT id FROM t WHERE id <= 5 ORDER BY id\0\0\0")
    bind = message(b"B", b"p\0s\0\0\0\0\0\0\0")

    def execute(rows):
        return message(b"E", b"p\0" + struct.pack("!i", rows))

    with startup(brief_pair.primary.port) as connection:
        connection.sendall(parse + message(b"S", b""))
        kinds(connection)
        for _ in range(RUNS):
            connection.sendall(bind + execute(2) + execute(2) + execute(2) + message(b"S", b""))
            assert kinds(connection) == "2DDsDDsDCZ"


def kinds(connection):
    """The types of the messages up to ReadyForQuery."""
    received, types = b"", ""
    while not types.endswith("Z"):
        while len(received) < 5 or len(received) < 1 + struct.unpack("!i", received[1:5])[0]:
            data = connection.recv(65536)
            assert data, "the connection was closed"
            received += data
        types += chr(received[0])
        received = received[1 + struct.unpack("!i", received[1:5])[0]:]
    return types
