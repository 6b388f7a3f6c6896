"""How a node ends when it is told to."""

import signal
import threading

import psycopg
import pytest

from conftest import wait_until

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
