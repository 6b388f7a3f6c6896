"""Memory of real nodes: little at rest, bounded for transactions of any length and for peers that do not read."""

import socket
import struct
import threading
import time

import psycopg
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
