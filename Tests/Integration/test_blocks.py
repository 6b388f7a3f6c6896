"""Transaction blocks of clients that do what drivers do by default, when something goes wrong in them."""

import select
import shutil
import subprocess
import threading

import psycopg
import pytest

from conftest import wait_until


def connect(node, autocommit=False):
    return node.connect(autocommit=autocommit)


def run(node, statement):
    with node.connect() as client:
        client.execute(statement)


def test_a_commit_that_fails_after_answers_were_sent_is_an_error_and_no_more(pair):
    run(pair.primary, "CREATE TABLE author (id INTEGER PRIMARY KEY)")
    run(
        pair.primary, "CREATE TABLE book (id INTEGER PRIMARY KEY, author INTEGER REFERENCES author(id) DEFERRABLE INITIALLY DEFERRED)")
    with connect(pair.primary) as client:
        client.execute("INSERT INTO book (author) VALUES (%s)", (7,))
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            client.commit()
        client.rollback()
        assert client.execute("SELECT count(*) FROM book").fetchone() == (0,)


def test_who_is_rolled_back_for_another_is_told_to_run_again_and_can(pair):
    """A write that is cancelled while it runs takes along what shares its group: nothing of that has happened, which is 40001."""
    run(pair.primary, "CREATE TABLE t (a INT)")
    endless = "INSERT INTO t WITH RECURSIVE {0} (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM {0}) SELECT n FROM {0} WHERE n < 0"
    errors = {}

    def begin(name, work, *arguments):
        def worker():
            try:
                work(*arguments)
                errors[name] = None
            except psycopg.Error as error:
                errors[name] = error
        threading.Thread(target=worker, daemon=True).start()

    def waiting(count):
        wait_until(lambda: pair.primary.status()["waiting_transactions"] == count, what=f"{count} wait for the writer")

    block, single, cancelled = [connect(pair.primary, autocommit) for autocommit in (False, True, True)]
    # A machine that is busy may be late with the last of them, and then the others' group has been committed before it.
    for attempt in range(1, 20):
        errors.clear()
        block.execute("INSERT INTO t VALUES (%s)", (1,))
        # These wait for the block, and are run in one group with it.
        begin("single", single.execute, "INSERT INTO t VALUES (%s)", (2,))
        waiting(1)
        # Another one each time: what is known to take long does not share a group.
        begin("cancelled", cancelled.execute, endless.format("r" * attempt))
        waiting(2)
        begin("block", block.commit)
        waiting(0)
        cancelled.cancel()
        wait_until(lambda: len(errors) == 3, what="all are answered")
        if errors["block"] and errors["single"]:
            break
        run(pair.primary, "DELETE FROM t")
    assert isinstance(errors["cancelled"], psycopg.errors.QueryCanceled)
    for name in ("block", "single"):
        assert isinstance(errors[name], psycopg.errors.SerializationFailure) and errors[name].sqlstate == "40001"
        assert "run it again" in errors[name].diag.message_hint
    assert pair.primary.query("SELECT a FROM t") == []
    # The same sessions run the same again.
    block.execute("INSERT INTO t VALUES (%s)", (1,))
    block.commit()
    single.execute("INSERT INTO t VALUES (%s)", (2,))
    assert single.execute("SELECT a FROM t ORDER BY a").fetchall() == [(1,), (2,)]
    for client in (block, single, cancelled):
        client.close()
    pair.assert_identical()


def test_a_cancelled_statement_is_not_told_as_the_reason_of_a_commit_that_fails_later(pair):
    run(pair.primary, "CREATE TABLE author (id INTEGER PRIMARY KEY)")
    run(pair.primary, "CREATE TABLE book (author INTEGER REFERENCES author(id) DEFERRABLE INITIALLY DEFERRED)")
    with connect(pair.primary, autocommit=True) as client:
        client.execute("BEGIN")
        client.execute("INSERT INTO book VALUES (7)")
        client.execute("SAVEPOINT s")
        client.execute("SET statement_timeout = '100ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            client.execute("WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r")
        client.execute("ROLLBACK TO s")
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            client.execute("COMMIT")


def test_a_commit_in_doubt_in_a_block_says_so_with_its_position(pair):
    run(pair.primary, "CREATE TABLE t (a INT)")
    pair.replica.kill()
    with connect(pair.primary) as client:
        client.execute("SET tandem.commit_timeout = '100ms'")
        client.commit()
        client.execute("INSERT INTO t VALUES (%s)", (1,))
        with pytest.raises(psycopg.Error) as caught:
            client.commit()
    assert caught.value.sqlstate == "40003" and "position" in caught.value.diag.message_detail


@pytest.mark.parametrize("statement", [
    "EXPLAIN PRAGMA case_sensitive_like = ON", "EXPLAIN QUERY PLAN PRAGMA query_only(1)",
    "EXPLAIN PRAGMA ignore_check_constraints = 1"])
def test_explain_carries_out_no_pragma(pair, statement):
    with connect(pair.primary, autocommit=True) as client:
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            client.execute(statement)
        assert client.execute("SELECT 'A' LIKE 'a'").fetchone()[0] == 1
    run(pair.primary, "CREATE TABLE t (a INT CHECK (a > 0))")
    with connect(pair.primary) as client:
        client.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            client.execute(statement)
    with pytest.raises(psycopg.errors.CheckViolation):
        run(pair.primary, "INSERT INTO t VALUES (-1)")


def test_a_block_takes_more_statements_than_may_wait(pair):
    run(pair.primary, "CREATE TABLE t (a INT)")
    with connect(pair.primary) as client:
        client.execute("INSERT INTO t VALUES (0)")
        with client.pipeline():
            client.cursor().executemany("INSERT INTO t VALUES (%s)", [(number,) for number in range(1, 25_000)])
    assert pair.primary.query("SELECT count(*) FROM t") == [(25_000,)]


def test_a_string_that_would_end_a_block_can_fail_and_be_taken_back_to_a_savepoint(pair):
    run(pair.primary, "CREATE TABLE t (a INT UNIQUE)")
    with connect(pair.primary, autocommit=True) as client:
        client.execute("BEGIN")
        client.execute("INSERT INTO t VALUES (1)")
        client.execute("SAVEPOINT s")
        with pytest.raises(psycopg.errors.UniqueViolation):
            client.execute("INSERT INTO t VALUES (1); COMMIT")
        client.execute("ROLLBACK TO s")
        client.execute("COMMIT")
    assert pair.primary.query("SELECT a FROM t") == [(1,)]



def test_an_idle_read_only_block_is_ended(pair):
    client = pair.replica.connect()
    client.execute("SET idle_in_transaction_session_timeout = '200ms'")
    client.execute("BEGIN READ ONLY")
    client.execute("SELECT 1")
    # The server speaks first, without having been asked.
    assert select.select([client.fileno()], [], [], 30)[0]
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
        client.execute("SELECT 1")
    client.close()


def test_who_waits_for_a_replica_when_the_primary_is_stopped_is_told_that_it_is_in_doubt(pair):
    run(pair.primary, "CREATE TABLE t (a INT)")
    pair.replica.pause()
    errors = []

    def insert():
        try:
            run(pair.primary, "INSERT INTO t VALUES (1)")
        except psycopg.Error as error:
            errors.append(error)

    thread = threading.Thread(target=insert)
    thread.start()
    pair.primary.wait_commit_waits()
    pair.primary.stop()
    thread.join(10)
    pair.replica.resume()
    assert errors[0].sqlstate == "40003" and "position" in errors[0].diag.message_detail


def test_a_primary_whose_log_is_lost_does_not_begin_again_as_if_nothing_had_been(pair):
    run(pair.primary, "CREATE TABLE t (a INT)")
    pair.stop()
    shutil.rmtree(pair.primary.data / "log")
    for name in ("tandem.sqlite", "tandem.sqlite-wal", "tandem.sqlite-shm"):
        (pair.primary.data / name).unlink(missing_ok=True)
    result = subprocess.run(
        pair.primary.command(), capture_output=True, text=True, timeout=20)
    assert result.returncode != 0
    assert "The log is missing" in result.stdout + result.stderr


@pytest.mark.parametrize("create, drop", [
    ("CREATE TABLE x (a)", "DROP TABLE x"), ("CREATE VIEW x AS SELECT 1", "DROP VIEW x"),
    ("CREATE INDEX x ON keep (a)", "DROP INDEX x"), ("ALTER TABLE keep ADD COLUMN b", "ALTER TABLE keep DROP COLUMN b"),
    ("CREATE TRIGGER x AFTER INSERT ON keep BEGIN SELECT 1; END", "DROP TRIGGER x")])
def test_a_schema_change_of_the_same_text_is_done_and_logged_each_time(pair, create, drop):
    with pair.primary.connect() as client:
        client.execute("CREATE TABLE keep (a INT)")
        for number in range(4):
            client.execute(create)
            client.execute("INSERT INTO keep (a) VALUES (%s)", (number,))
            client.execute(drop)
        with client.transaction():
            client.execute("INSERT INTO keep (a) VALUES (10)")
            client.execute(create)
            client.execute("INSERT INTO keep (a) VALUES (11)")
        client.execute("BEGIN")
        client.execute(drop)
        client.execute("ROLLBACK")
        client.execute(drop)
        client.execute(f"{create}; INSERT INTO keep (a) VALUES (12)")
        assert client.execute("SELECT count(*) FROM keep").fetchone() == (7,)
    pair.assert_identical()
