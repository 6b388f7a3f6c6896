"""Clients that write numbers into a group while its primary changes, and what must be true of them afterwards."""

import threading
import time

import psycopg

from conftest import wait_until


def make_table(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE entry (number INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO entry VALUES (0)")
    pair.wait_level()


def numbers(node):
    return [number for (number,) in node.query("SELECT number FROM entry ORDER BY number")]


def assert_level_and_identical(nodes):
    """Every node shows the same, while running and in its files."""
    commit = max(node.status()["commit_index"] for node in nodes)
    wait_until(lambda: all(node.status()["applied_index"] >= commit for node in nodes), what="all nodes level")
    for node in nodes:
        node.stop()
    dumps = [node.dump() for node in nodes]
    assert all(dump == dumps[0] for dump in dumps)


class Writers:
    """Clients that write numbers, each its own, wherever the primary is; what was acknowledged is noted."""

    def __init__(self, nodes, count):
        self.hosts = {
            "host": ",".join("127.0.0.1" for _ in nodes), "port": ",".join(str(node.port) for node in nodes)}
        self.acknowledged, self.doubtful, self.errors = [], [], []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(number, count)) for number in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)

    def connect(self):
        return psycopg.connect(
            user="test", dbname="test", autocommit=True, connect_timeout=5, target_session_attrs="read-write",
            **self.hosts)

    def write(self, number, step):
        connection = None
        while not self.stopping.is_set():
            try:
                connection = connection or self.connect()
                connection.execute("INSERT INTO entry VALUES (%s)", (number + step,))
                self.acknowledged.append((time.monotonic(), number + step))
            except psycopg.errors.StatementCompletionUnknown:
                self.doubtful.append(number + step)
            except psycopg.errors.UniqueViolation:
                # It was in doubt, and has been committed.
                assert number + step in self.doubtful
            except psycopg.Error as error:
                self.errors.append(error)
                # Without a connection nothing was sent.
                if connection and error.sqlstate is None:
                    self.doubtful.append(number + step)
                if connection:
                    connection.close()
                connection = None
                continue
            number += step

    def longest_pause(self):
        times = sorted(time for time, _ in self.acknowledged)
        return max(after - before for before, after in zip(times, times[1:]))
