"""Statements for which SQLite rolls back the whole group that they share with others."""

import threading
import time

import psycopg
import pytest

from conftest import wait_until

SCHEMA = [
    "CREATE TABLE good (a)", "CREATE TABLE bad (a INTEGER UNIQUE)", "INSERT INTO bad VALUES (1)",
    "CREATE TRIGGER refuses BEFORE INSERT ON bad WHEN new.a > 100 BEGIN SELECT RAISE(ROLLBACK, 'too many'); END",
    "CREATE TABLE used_up (id INTEGER PRIMARY KEY AUTOINCREMENT, v)",
    "INSERT INTO used_up VALUES (9223372036854775807, 1)",
]


@pytest.fixture
def group(make_pair):
    pair = make_pair().start()
    with pair.primary.connect() as connection:
        for statement in SCHEMA:
            connection.execute(statement)
    return pair


class Company:
    """Clients whose writes share groups with whatever else is written."""

    def __init__(self, node, clients=4):
        self.node, self.written, self.errors = node, [0] * clients, []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(client,), daemon=True) for client in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        wait_until(lambda: all(self.written), what="all of them write")
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)

    def write(self, client):
        with self.node.connect() as connection:
            while not self.stopping.is_set():
                try:
                    connection.execute("INSERT INTO good VALUES (1)")
                    self.written[client] += 1
                except psycopg.Error as error:
                    self.errors.append(error)


def fails(connection, sql, parameters=None):
    with pytest.raises(psycopg.Error) as failure:
        connection.execute(sql, parameters, prepare=parameters is not None)
    return failure.value


@pytest.mark.parametrize("sql, parameters, code", [
    ("INSERT OR ROLLBACK INTO bad VALUES (1)", None, "23505"),
    ("INSERT OR ROLLBACK INTO bad VALUES (%s)", (1,), "23505"),
    ("INSERT INTO bad VALUES (101)", None, "23000"),
    ("INSERT INTO bad VALUES (%s)", (101,), "23000"),
    ("INSERT INTO used_up (v) VALUES (2)", None, "53100"),
])
def test_it_is_told_its_own_error_and_takes_nobody_along(group, sql, parameters, code):
    with group.primary.connect() as connection:
        assert fails(connection, sql, parameters).sqlstate == code
        with Company(group.primary) as company:
            for _ in range(50):
                assert fails(connection, sql, parameters).sqlstate == code
        assert company.errors == []
        assert connection.execute("SELECT count(*) FROM good").fetchone() == (sum(company.written),)
        assert connection.execute("SELECT a FROM bad").fetchall() == [(1,)]
    group.assert_identical()


def test_with_company_it_is_told_to_run_again_once_at_most(group):
    with Company(group.primary), group.primary.connect() as connection:
        codes = [fails(connection, f"INSERT INTO bad VALUES ({number})").sqlstate for number in range(101, 121)]
    assert codes[0] in ("40001", "23000")
    assert set(codes[1:]) == {"23000"}


def test_the_block_that_it_fails_in_is_aborted_like_any_other(group):
    with group.primary.connect() as connection:
        connection.execute("BEGIN")
        connection.execute("INSERT INTO good VALUES (1)")
        error = fails(connection, "INSERT OR ROLLBACK INTO bad VALUES (1)")
        assert error.sqlstate == "23505" and error.diag.table_name == "bad"
        assert fails(connection, "SELECT 1").sqlstate == "25P02"
        connection.execute("ROLLBACK")
        assert connection.execute("SELECT count(*) FROM good").fetchone() == (0,)


def test_rows_that_are_copied_are_told_apart_as_well(group):
    with group.primary.connect() as connection:
        for _ in range(2):
            with pytest.raises(psycopg.errors.IntegrityError) as failure, connection.cursor() as cursor:
                with cursor.copy("COPY bad FROM STDIN") as copy:
                    copy.write_row((101,))
            assert failure.value.sqlstate == "23000"
        with Company(group.primary) as company:
            for _ in range(20):
                with pytest.raises(psycopg.errors.IntegrityError), connection.cursor() as cursor:
                    with cursor.copy("COPY bad FROM STDIN") as copy:
                        copy.write_row((101,))
        assert company.errors == []


ENDLESS = "INSERT INTO good WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"


class Writing:
    """A statement on a connection and a thread of its own."""

    def __init__(self, node, sql):
        self.connection, self.error = node.connect(), None
        self.thread = threading.Thread(target=self.run, args=(sql,), daemon=True)
        self.thread.start()
        pid = self.connection.info.backend_pid
        wait_until(lambda: node.query(f"SELECT state FROM pg_stat_activity WHERE pid = {pid}") == [("active",)], what="it runs")

    def run(self, sql):
        try:
            self.connection.execute(sql)
        except psycopg.Error as error:
            self.error = error

    def is_done(self, timeout):
        self.thread.join(timeout)
        return not self.thread.is_alive()

    def cancel(self):
        while not self.is_done(0.1):
            self.connection.cancel()
        assert isinstance(self.error, psycopg.errors.QueryCanceled)


def test_a_commit_does_not_wait_for_a_long_write_that_comes_behind_a_long_transaction(group):
    with group.primary.connect() as connection:
        connection.execute("BEGIN; INSERT INTO good VALUES (1)")
        began = time.monotonic()
        endless = Writing(group.primary, ENDLESS)
        wait_until(lambda: time.monotonic() - began > 0.1, what="longer than a group may take")
        connection.execute("COMMIT")
        assert not endless.is_done(0)
        endless.cancel()
    assert group.primary.query("SELECT count(*) FROM good") == [(1,)]


def test_a_write_is_answered_before_one_that_is_known_to_take_long(group):
    for _ in range(2):
        endless = Writing(group.primary, ENDLESS)
        assert not endless.is_done(0.1)
        endless.cancel()
    with group.primary.connect() as connection:
        connection.execute("BEGIN; INSERT INTO good VALUES (1)")
        brief = Writing(group.primary, "INSERT INTO good VALUES (2)")
        endless = Writing(group.primary, ENDLESS)
        connection.execute("COMMIT")
        assert brief.is_done(30) and brief.error is None
        assert not endless.is_done(0)
        endless.cancel()
