"""Commits wait for acknowledgements, say so, and never hang on a lost one."""

import threading
import time

import psycopg
import pytest

from conftest import wait_until


def test_commits_wait_while_the_replica_is_away_and_go_on_when_it_returns(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        notices = []
        connection.add_notice_handler(lambda notice: notices.append(notice.message_primary))
        pair.replica.kill()
        done = threading.Event()

        def insert():
            connection.execute("INSERT INTO t VALUES (1)")
            done.set()

        thread = threading.Thread(target=insert)
        thread.start()
        assert not done.wait(2.5)
        assert pair.primary.query("SELECT count(*) FROM t") == [(0,)], "visible before it was acknowledged"
        assert pair.primary.status()["waiting_for"]
        pair.replica.start()
        assert done.wait(20)
        thread.join()
        assert any("acknowledge" in notice for notice in notices)
    pair.assert_identical()


def test_whoever_comes_behind_a_waiting_commit_waits_like_it(pair):
    """Longer than lock_timeout, which is about other transactions; told why; and not for ever where that is not wanted."""
    with pair.primary.connect() as first, pair.primary.connect() as second, pair.primary.connect() as third:
        first.execute("CREATE TABLE t (a INT)")
        notices = []
        second.add_notice_handler(lambda notice: notices.append(notice.message_primary))
        second.execute("SET lock_timeout = '300ms'")
        third.execute("SET tandem.commit_timeout = '300ms'")
        pair.replica.kill()
        threads = [threading.Thread(target=first.execute, args=("INSERT INTO t VALUES (1)",), daemon=True)]
        threads[0].start()
        pair.primary.wait_commit_waits()
        threads.append(threading.Thread(target=second.execute, args=("INSERT INTO t VALUES (2)",), daemon=True))
        threads[1].start()
        wait_until(lambda: notices, what="the one behind is told")
        assert "turn" in notices[0] and "acknowledge" in notices[0]
        with pytest.raises(psycopg.errors.LockNotAvailable) as caught:
            third.execute("INSERT INTO t VALUES (3)")
        assert "not begun" in str(caught.value) and "acknowledge" in str(caught.value)
        time.sleep(0.5)
        assert threads[1].is_alive()
        pair.replica.start()
        for thread in threads:
            thread.join(20)
        assert first.execute("SELECT a FROM t ORDER BY a").fetchall() == [(1,), (2,)]
    pair.assert_identical()


def test_a_commit_timeout_leaves_the_commit_in_doubt_and_its_outcome_can_be_asked_for(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        pair.replica.kill()
        connection.execute("SET tandem.commit_timeout = '300ms'")
        with pytest.raises(psycopg.errors.StatementCompletionUnknown) as caught:
            connection.execute("INSERT INTO t VALUES (1)")
        assert "in doubt" in str(caught.value)
        position = caught.value.diag.message_detail.split()[-1]
        assert pair.primary.query("SELECT tandem_outcome(%s)", (position,)) == [("in doubt",)]
        pair.replica.start()
        wait_until(
            lambda: pair.primary.query("SELECT tandem_outcome(%s)", (position,)) == [("committed",)],
            what="the commit is decided")
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)
    pair.assert_identical()


def test_a_cancelled_wait_leaves_the_commit_in_doubt(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        pair.replica.kill()
        errors = []

        def insert():
            try:
                connection.execute("INSERT INTO t VALUES (1)")
            except psycopg.Error as error:
                errors.append(error)

        thread = threading.Thread(target=insert)
        thread.start()
        pair.primary.wait_commit_waits()
        connection.cancel()
        thread.join(10)
        assert isinstance(errors[0], psycopg.errors.StatementCompletionUnknown)
        pair.replica.start()
        wait_until(lambda: connection.execute("SELECT count(*) FROM t").fetchone() == (1,), what="it is committed")
    pair.assert_identical()


def test_a_running_query_is_cancelled(pair):
    for node in pair.nodes:
        with node.connect() as connection:
            threading.Timer(0.3, connection.cancel).start()
            with pytest.raises(psycopg.errors.QueryCanceled):
                connection.execute(
                    "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r")
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_paused_replica_never_hangs_a_commit_for_good(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        for number in range(3):
            pair.replica.pause()
            done = threading.Event()
            thread = threading.Thread(
                target=lambda: (connection.execute("INSERT INTO t VALUES (%s)", (number,)), done.set()))
            thread.start()
            time.sleep(0.3 if number else 7)
            pair.replica.resume()
            assert done.wait(20)
            thread.join()
    pair.assert_identical()


def test_a_slow_clients_transaction_is_bounded_and_others_are_told(make_pair):
    pair = make_pair(primary_options=["--idle-in-transaction-timeout", "1500ms", "--lock-timeout", "500ms"]).start()
    with pair.primary.connect() as slow, pair.primary.connect() as other:
        slow.execute("CREATE TABLE t (a INT)")
        slow.execute("BEGIN")
        slow.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("INSERT INTO t VALUES (2)")
        wait_until(lambda: other.execute("INSERT INTO t VALUES (3)"), what="the writer is free again")
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            slow.execute("INSERT INTO t VALUES (4)")
        assert other.execute("SELECT a FROM t").fetchall() == [(3,)]


def test_without_acknowledgements_the_primary_goes_on_alone(make_pair):
    pair = make_pair(acknowledgements="0").start()
    pair.replica.kill()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        connection.execute("INSERT INTO t VALUES (1)")
    pair.replica.start()
    pair.wait_ready()
    pair.assert_identical()


def test_degrading_is_explicit_loud_and_ends_with_the_replicas_return(make_pair):
    pair = make_pair(primary_options=["--on-missing-replicas", "degrade:500ms"]).start()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        assert pair.primary.status()["degraded_seconds"] is None
        pair.replica.kill()
        connection.execute("INSERT INTO t VALUES (1)")
        wait_until(lambda: pair.primary.status()["state"] == "degraded", what="it says that it is degraded")
        assert pair.primary.status()["degraded_seconds"] is not None
        assert "DEGRADED" in pair.primary.text()
        pair.replica.start()
        wait_until(lambda: pair.primary.status()["state"] == "ready", what="degrading has ended")
        connection.execute("INSERT INTO t VALUES (2)")
    assert "degrading ends" in pair.primary.text()
    pair.assert_identical()


def test_two_replicas_of_which_one_has_to_acknowledge(make_pair):
    pair = make_pair(replicas=2).start()
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
        pair.replicas[0].kill()
        connection.execute("INSERT INTO t VALUES (1)")
        pair.replicas[0].start()
        pair.replicas[0].wait_ready()
        pair.replicas[1].kill()
        connection.execute("INSERT INTO t VALUES (2)")
        pair.replicas[1].start()
    pair.wait_ready()
    pair.assert_identical()


def test_a_primary_restarts_only_with_its_replicas_promise(pair):
    with pair.primary.connect() as connection:
        connection.execute("CREATE TABLE t (a INT)")
    pair.kill()
    pair.primary.start()
    wait_until(lambda: pair.primary.status()["state"] == "starting", what="the primary starts")
    time.sleep(1)
    assert pair.primary.status()["state"] == "starting"
    with pair.primary.connect() as connection:
        connection.execute("SET lock_timeout = '300ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            connection.execute("INSERT INTO t VALUES (1)")
    pair.replica.start()
    pair.wait_ready()
    with pair.primary.connect() as connection:
        connection.execute("INSERT INTO t VALUES (1)")
    pair.assert_identical()
