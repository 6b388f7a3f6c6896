"""Memory of real nodes: little at rest, bounded for transactions of any length and for peers that do not read."""

import socket
import struct
import threading

import pytest

from conftest import wait_until
from memory import MIB, forget_peak, peak, resident

MILLION_ROWS = """
    INSERT INTO book (title, year)
    WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 1000000)
    SELECT printf('%0100d', n), n % 2000 FROM r
"""


def run_together(count, body):
    """Runs `body(number)` on so many threads; an exception in one of them is raised."""
    errors = []

    def guarded(number):
        try:
            body(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_after_a_load_a_primary_at_rest_takes_less_than_60_megabytes(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, year INT)")

    def load(number):
        with pair.primary.connect() as connection, connection.pipeline():
            for row in range(2000):
                connection.execute("INSERT INTO book (title, year) VALUES (%s, %s)", (f"{number}: " + "x" * 100, row))

    run_together(8, load)
    assert pair.primary.query("SELECT count(*) FROM book") == [(16_000,)]
    pair.wait_level()
    wait_until(lambda: resident(pair.primary) < 60_000_000, 10, "the primary rests")


@pytest.mark.parametrize("how", ["live", "from the log"])
def test_a_transaction_of_a_million_rows_takes_less_than_500_megabytes(make_pair, how):
    pair = make_pair(acknowledgements="0").start()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, year INT)")
        pair.wait_level()
        if how == "from the log":
            pair.replica.stop()
        connection.execute(MILLION_ROWS)
    peaks = [peak(pair.primary)]
    if how == "from the log":
        pair.kill()
        pair.start()
    pair.wait_level()
    assert pair.replica.query("SELECT count(*), max(id) FROM book") == [(1_000_000, 1_000_000)]
    peaks += map(peak, pair.nodes)
    assert max(peaks) < 500_000_000, peaks


# What one connection may keep waiting in the node.
CONNECTION_BOUND = 16 * MIB


def startup(port):
    """A connection that speaks the protocol byte by byte, past its start-up."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    parameters = b"user\0test\0database\0test\0\0"
    connection.sendall(struct.pack("!ii", 8 + len(parameters), 196608) + parameters)
    received = b""
    while not received.endswith(b"Z\0\0\0\5I"):
        data = connection.recv(4096)
        assert data, "the connection was closed"
        received += data
    return connection


def send_until_blocked(connection, message, limit):
    """Sends it again and again until the peer has taken nothing for two seconds; the bytes it took."""
    connection.settimeout(2)
    sent = 0
    while sent < limit:
        try:
            sent += connection.send(message)
        except TimeoutError:
            return sent
    return sent


def test_a_client_that_goes_on_sending_behind_a_waiting_commit_is_read_from_no_more(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE book (title TEXT)")
    pair.replica.kill()
    query = "INSERT INTO book VALUES ('" + "x" * (256 << 10) + "')"
    message = b"Q" + struct.pack("!i", 4 + len(query) + 1) + query.encode() + b"\0"
    base = resident(pair.primary)
    with startup(pair.primary.port) as connection:
        connection.sendall(message)
        pair.primary.wait_commit_waits()
        send_until_blocked(connection, message, 200 * MIB)
        taken = peak(pair.primary) - base
    assert taken < CONNECTION_BOUND, f"{taken >> 20} MiB for one client"


def test_a_thousand_idle_connections_take_little(make_pair):
    pair = make_pair(primary_options=["--maximum-connections", "1100"]).start()
    base = resident(pair.primary)
    connections = [startup(pair.primary.port) for _ in range(1000)]
    try:
        taken = resident(pair.primary) - base
        assert pair.primary.query("SELECT 1") == [(1,)]
    finally:
        for connection in connections:
            connection.close()
    assert taken < 1000 * 32 << 10, f"{taken >> 10} KiB for 1000 connections"


def test_a_replica_that_stops_reading_takes_no_memory_of_its_primary(make_pair):
    # Longer than the test: the connection stays, and with it what is queued for it.
    pair = make_pair(acknowledgements="0", primary_options=["--replication-timeout", "300s"]).start()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE book (title TEXT)")
        connection.execute("INSERT INTO book VALUES (%s)", ("x" * MIB,))
        pair.wait_level()
        pair.replica.pause()
        base = resident(pair.primary)
        forget_peak(pair.primary)
        for _ in range(100):
            connection.execute("INSERT INTO book VALUES (%s)", ("x" * MIB,))
        taken = peak(pair.primary) - base
    pair.replica.resume()
    assert taken < CONNECTION_BOUND + 16 * MIB, f"{taken >> 20} MiB for a replica that does not read"
    pair.assert_identical()
