"""Transaction blocks of clients that do what drivers do by default, when something goes wrong in them."""

import psycopg
import pytest


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
