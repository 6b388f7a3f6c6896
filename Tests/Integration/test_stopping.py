"""How a node ends when it is told to."""

import signal
import threading

import psycopg
import pytest

from conftest import wait_until
from wire import COPY_DONE, Wire, errors, message, query

# A graceful stop gives clients five seconds.
GRACE = 5


@pytest.fixture
def waiting(pair):
    """A primary, and a client whose commit waits for a replica that is away."""
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
    pair.replica.kill()
    client = Client(pair.primary)
    pair.primary.wait_commit_waits()
    yield pair, client


class Client(threading.Thread):
    def __init__(self, node):
        super().__init__(daemon=True)
        self.connection, self.error = node.connect(), None
        self.start()

    def run(self):
        try:
            self.connection.execute("INSERT INTO t VALUES (1)")
        except psycopg.Error as error:
            self.error = error


def stops_listening(node):
    """Whether nobody is let in any more: the graceful stop has begun."""
    try:
        node.connect().close()
        return False
    except psycopg.OperationalError:
        return True


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_a_stop_that_waits_at_once(waiting, first, second):
    pair, client = waiting
    process = pair.primary.process
    process.send_signal(first)
    wait_until(lambda: stops_listening(pair.primary), what="the stop has begun")
    assert process.poll() is None and client.error is None, "it waits for the client"
    process.send_signal(second)
    # A stop to its end says so, and that it was one by its exit code.
    assert process.wait(GRACE) == 128 + second
    pair.primary.process = None
    assert "node stopped" not in pair.primary.text()
    client.join(10)
    assert isinstance(client.error, psycopg.OperationalError)
    pair.start()
    wait_until(lambda: pair.primary.query("SELECT a FROM t") == [(1,)], what="what waited is committed")
    pair.assert_identical()


def test_a_graceful_stop_waits_for_a_commit_and_tells_its_client_in_the_end_that_it_is_in_doubt(waiting):
    pair, client = waiting
    pair.primary.process.send_signal(signal.SIGINT)
    assert pair.primary.process.wait(GRACE * 4) == 0
    pair.primary.process = None
    assert "node stopped" in pair.primary.text()
    client.join(10)
    assert isinstance(client.error, psycopg.errors.StatementCompletionUnknown)
    position = client.error.diag.message_detail.split()[-1]
    pair.start()
    assert pair.primary.query("SELECT tandem_outcome(%s)", (position,)) == [("committed",)]
    pair.assert_identical()


def test_a_graceful_stop_lets_a_commit_end_that_is_acknowledged_meanwhile(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
    pair.replica.pause()
    client = Client(pair.primary)
    pair.primary.wait_commit_waits()
    pair.primary.process.send_signal(signal.SIGTERM)
    wait_until(lambda: stops_listening(pair.primary), what="the stop has begun")
    assert client.is_alive()
    pair.replica.resume()
    assert pair.primary.process.wait(GRACE * 4) == 0
    pair.primary.process = None
    client.join(10)
    assert not client.is_alive() and client.error is None
    pair.primary.start()
    pair.wait_ready()
    assert pair.primary.query("SELECT a FROM t") == [(1,)]
    pair.assert_identical()


# Writes one row, when it has counted to infinity.
ENDLESS = "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"

# The same for each row of a COPY.
ENDLESS_ROWS = """
    CREATE TRIGGER counts AFTER INSERT ON endless BEGIN
        INSERT INTO t SELECT max(i) FROM (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n);
    END
"""

# What a client is at when it dies, or the node is stopped.
ENDLESS_WRITES = [
    [ENDLESS],
    [f"INSERT INTO t VALUES (1); {ENDLESS}; INSERT INTO t VALUES (2)"],
    ["BEGIN", "INSERT INTO t VALUES (1)", ENDLESS],
    ["BEGIN", "INSERT INTO t VALUES (1)", "SAVEPOINT s", f"{ENDLESS}; ROLLBACK TO s; COMMIT"],
    ["BEGIN", "INSERT INTO t VALUES (1)", "COPY endless FROM STDIN"],
]
ENDLESS_NAMES = ["one", "several", "block", "savepoint", "copy"]


@pytest.fixture
def empty(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        connection.execute("CREATE TABLE endless (a INT)")
        connection.execute(ENDLESS_ROWS)
    return pair


def begin(node, statements):
    """A client of its own, in the midst of the last of them."""
    client = Wire(node)
    for sql in statements[:-1]:
        client.send(query(sql))
        client.ready()
    client.send(query(statements[-1]))
    if statements[-1].startswith("COPY"):
        client.until(b"G")
        client.send(message(b"d", b"1\n"), COPY_DONE)
    active = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND state = 'active'"
    wait_until(lambda: node.query(active, (client.process,)) == [(1,)], what="the statement runs")
    # What was sent has reached the session: its event loop has served others since.
    for _ in range(10):
        node.query("SELECT 1")
    return client


def writes(node):
    try:
        return node.query("INSERT INTO t VALUES (3) RETURNING a") == [(3,)]
    except psycopg.errors.LockNotAvailable:
        return False


@pytest.mark.parametrize("statements", ENDLESS_WRITES, ids=ENDLESS_NAMES)
def test_a_client_that_is_gone_keeps_no_writer(empty, statements):
    """Its statement ran on, could not be cancelled, and kept the node from ending."""
    begin(empty.primary, statements).close()
    wait_until(lambda: writes(empty.primary), what="others write again")
    assert empty.primary.query("SELECT DISTINCT a FROM t") == [(3,)]
    activity = "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    wait_until(lambda: empty.primary.query(activity) == [(0,)], what="the session has ended")
    empty.assert_identical()


@pytest.mark.parametrize("statements", ENDLESS_WRITES, ids=ENDLESS_NAMES)
def test_a_session_that_is_terminated_ends_with_57p01_and_nothing_done(empty, statements):
    with begin(empty.primary, statements) as client:
        assert empty.primary.query("SELECT pg_terminate_backend(%s)", (client.process,)) == [(True,)]
        assert errors(client.rest()) == ["57P01"]
    wait_until(lambda: writes(empty.primary), what="others write again")
    assert empty.primary.query("SELECT DISTINCT a FROM t") == [(3,)]


@pytest.mark.parametrize("statements", ENDLESS_WRITES, ids=ENDLESS_NAMES)
def test_a_graceful_stop_ends_a_write_that_runs_within_its_grace(empty, statements):
    with begin(empty.primary, statements) as client:
        empty.primary.process.send_signal(signal.SIGTERM)
        assert errors(client.rest()) == ["57P01"]
    assert empty.primary.process.wait(GRACE * 4) == 0
    empty.primary.process = None
    empty.primary.start()
    empty.wait_ready()
    assert empty.primary.query("SELECT a FROM t") == []
    empty.assert_identical()
